/** Where a planted defect comes from, in words: the design or the trade, and the public report of its kind. */
import type { Incident, Origin } from "../storm/defect.js";

/** Undefined where nobody has said. */
export function originText({ origin }: { readonly origin?: Origin | null }): string | undefined {
  switch (origin) {
    case "weakness":
      return "weakness of the design";
    case "classic":
      return "classic of the trade";
    case undefined:
    case null:
      return undefined;
  }
}

/** A citation without its address. */
export const cited = ({ what, by, year }: Incident): string => `${what} (${by}, ${year})`;

/** Where a report can be read, as a link takes it; undefined for what is no address on the web. */
export function addressOf({ url }: Incident): string | undefined {
  return URL.canParse(url) && /^https?:/.test(new URL(url).protocol) ? new URL(url).href : undefined;
}
