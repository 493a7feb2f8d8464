/**
 * The frame of every report: one file that needs nothing else. Style, code and data stand in it, and a policy in its
 * head forbids the browser to load anything from anywhere; code and style run because the policy names their hashes.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { PageData } from "./data.js";
import { documentHtml } from "./document.js";
import { html, type Markup, scriptJson, verbatim } from "./markup.js";

/** The code and the style of the pages, bundled. */
export interface Client {
  readonly code: string;
  readonly style: string;
}

/** How many folders above this file the package may be: its compiled code can lie in a folder of its own. */
const FOLDERS_UP = 7;

/** Reads the bundle that the build has made. @throws Error when there is none. */
export function builtClient(): Client {
  for (let up = 2; up <= FOLDERS_UP; up++) {
    const folder = new URL(`${"../".repeat(up)}dist/client/`, import.meta.url);
    try {
      const read = (name: string): string => readFileSync(new URL(name, folder), "utf8");
      return { code: read("report.js"), style: read("report.css") };
    } catch {
      // not there: one folder further up
    }
  }
  throw new Error("the code of HTML reports is not built: npm run build makes it");
}

export interface Page {
  readonly title: string;
  readonly body: Markup;
  readonly data: PageData;
}

export function pageHtml({ title, body, data }: Page, client: Client): string {
  const code = client.code.replaceAll("</script", "<\\/script").trim();
  const style = client.style.replaceAll("</style", "<\\/style").trim();
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(code)}'`,
    `style-src '${hashOf(style)}'`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const scripted = html`${body}
<script type="application/json" id="data">${scriptJson(data)}</script>
<script>${verbatim(code)}</script>`;
  return documentHtml({ title, policy, style, body: scripted });
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
