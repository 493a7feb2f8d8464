import { describe, expect, it } from "vitest";
import { measurementsPart } from "../../src/report/html/measurements.js";
import { measurementLines } from "../../src/report/measurements.js";
import { style } from "../../src/report/text-style.js";
import { SECOND } from "../../src/sim/time.js";
import type { Measurements } from "../../src/storm/measurements.js";

const measured: Measurements = {
  tables: [
    {
      title: "Two tills",
      note: "From the first customer on.",
      columns: ["till", "customers"],
      rows: [
        ["left", "12"],
        ["right <one>", "3"],
      ],
    },
  ],
  courses: [
    {
      title: "Queues",
      courses: [
        {
          name: "left",
          steps: [
            { at: 0, value: 0 },
            { at: SECOND, value: 4 },
          ],
        },
      ],
    },
  ],
};

describe("what a system has measured", () => {
  it("is a table in columns on a terminal", () => {
    expect(measurementLines(measured, style(80, 0))).toEqual([
      "",
      "Two tills",
      "  From the first customer on.",
      "  till         customers",
      "  left         12",
      "  right <one>  3",
    ]);
  });

  it("is a list where the terminal is too narrow for its columns", () => {
    const wide = {
      title: "Two tills",
      columns: ["till", "where it stands", "customers of a day"],
      rows: [["left", "beside the door", "12"]],
    };
    expect(measurementLines({ tables: [wide], courses: [] }, style(40, 0))).toEqual([
      "",
      "Two tills",
      "  left",
      "    where it stands: beside the door",
      "    customers of a day: 12",
    ]);
  });

  it("is nothing where there is nothing to measure", () => {
    expect(measurementLines(undefined, style(80, 0))).toEqual([]);
    expect(measurementsPart(undefined, SECOND).text).toBe("");
  });

  it("is a table and lines in steps on a page, with nothing in it taken for markup", () => {
    const { text } = measurementsPart(measured, 2 * SECOND);
    expect(text).toContain("right &lt;one&gt;");
    expect(text).toContain('d="M0 58H500V2H1000"');
    expect(text).toContain("at most 4, in the end 4");
  });
});
