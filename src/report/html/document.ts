/** What every page begins and ends with. The policy in its head says what the browser may do with it. */
import { html, type Markup, verbatim } from "./markup.js";

export interface HtmlDocument {
  readonly title: string;
  /** Content security policy. */
  readonly policy: string;
  readonly style: string;
  readonly body: Markup;
}

export function documentHtml({ title, policy, style, body }: HtmlDocument): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="seedstorm">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${verbatim(style)}</style>
</head>
<body>
${body}
</body>
</html>
`.text;
}
