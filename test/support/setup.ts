/** What every test file has, whatever it imports: the folders that it made are removed when it is over. */
import { afterAll } from "vitest";
import { removeFolders } from "./folder.js";

afterAll(removeFolders);
