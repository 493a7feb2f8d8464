/** The formats in which a campaign can be reported. */
export type Reporter = "text" | "json" | "junit" | "github" | "html";

export const REPORTERS: readonly Reporter[] = ["text", "json", "junit", "github", "html"];

export interface ReportOptions {
  readonly reporter: Reporter;
  readonly quiet: boolean;
  /** A file that takes what would go to standard output. */
  readonly output: string | undefined;
}
