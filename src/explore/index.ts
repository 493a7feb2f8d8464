/** `seedstorm/explore`: many runs of a scenario, what is made of those that fail, and the files that plans come from. */
export { type Decoded, decoder, expecting } from "./formats/decode.js";
export { parseExactJson } from "./formats/exact-json.js";
export { InputError, listed, printable, shown } from "./formats/input-error.js";
export { LIMITS } from "./formats/limits.js";
export { readText } from "./formats/read-file.js";
