/** Orders as shops, receivers and their logs really write them. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { InputError } from "../../../../src/explore/formats/input-error.js";
import { parseOrders, readOrders } from "../../../../src/model/pipeline/order-files/orders-file.js";
import { compiled } from "../../../support/compiled.js";

const folder = mkdtempSync(join(tmpdir(), "orders-"));
afterAll(() => rmSync(folder, { recursive: true }));

const headers = { "X-Shopify-Topic": "orders/create", "X-Shopify-Webhook-Id": "w-1" };
const body = { id: 1001, created_at: "2026-03-14T09:00:00Z", total_price: "10.00", currency: "EUR" };
const stripe = {
  id: "evt_1",
  object: "event",
  created: 1773476813,
  type: "charge.succeeded",
  data: { object: { id: "ch_1", amount: 4200, currency: "usd" } },
};

const parse = (text: string, lenient = false) => parseOrders(text, "f", lenient);
const only = (data: unknown) => parse(typeof data === "string" ? data : JSON.stringify(data)).deliveries[0];
function complaint(read: () => unknown): string {
  try {
    read();
    return "none";
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
}

describe("ids", () => {
  it("above 2^53 keep all of their digits", () => {
    const line = JSON.stringify({ headers, body }).replace("1001", "820982911946154508");
    expect(only(line)?.orderId).toBe("820982911946154508");
  });

  it("above 2^53 are told with all of their digits where they are refused", () => {
    const line = '{"deliveryId": "d", "orderId": 9007199254740993, "cents": 1, "currency": "EUR"}';
    expect(complaint(() => parse(line))).toContain("got 9007199254740993");
  });

  it("longer than the system takes are refused with their line and the limit", () => {
    const plain = { deliveryId: "d", orderId: "o".repeat(150), cents: 1, currency: "EUR" };
    expect(complaint(() => parse(JSON.stringify(plain)))).toMatch(
      /^f:1: orderId: expected the order's id, without blanks, of at most 128 characters, got "o{40,}…$/,
    );
    expect(only({ ...plain, orderId: "o".repeat(128) })?.orderId).toHaveLength(128);
  });
});

describe("times", () => {
  const at = (received_at: unknown) => only({ received_at, headers, body })?.at;

  it.each([
    ["2026-03-14T10:00:00"],
    ["2026-03-14 10:00:00"],
    ["2026-03-14T10:00:00.000Z"],
    ["2026-03-14T11:00:00+01:00"],
    ["2026-03-14 10:00:00 UTC"],
    [Date.UTC(2026, 2, 14, 10)],
    [String(Date.UTC(2026, 2, 14, 10))],
  ])("are the same on every machine: %s", (written) => {
    expect(at(written)).toBe(Date.UTC(2026, 2, 14, 10));
  });

  it.each(["noon", 1773476813, -1, "2026-13-14T10:00:00Z"])(
    "are refused when they are none: %s",
    (written) => {
      expect(complaint(() => at(written))).toMatch(/^f:1: received_at: expected a time like /);
    },
  );

  it("without a zone give the same orders wherever the machine is", () => {
    const file = join(folder, "zone.jsonl");
    const order = (n: number, received_at: string) =>
      JSON.stringify({
        received_at,
        body: { deliveryId: `d-${n}`, orderId: `o-${n}`, cents: 1, currency: "EUR" },
      });
    writeFileSync(
      file,
      [
        order(1, "2026-03-14T09:00:00"),
        order(2, "2026-03-14T10:00:00Z"),
        order(3, "2026-03-14T12:00:00Z"),
      ].join("\n"),
    );
    const module = join(compiled(), "src/model/pipeline/order-files/orders-file.js");
    const script = `import(${JSON.stringify(module)}).then(({ readOrders }) =>
      console.log(readOrders(${JSON.stringify(file)}, false).deliveries.map(({ at }) => at).join()))`;
    const timesIn = (TZ: string) =>
      spawnSync(process.execPath, ["--input-type=module", "-e", script], {
        env: { ...process.env, TZ },
        encoding: "utf8",
      });
    const here = timesIn("UTC").stdout;
    expect(here).toBe(`${[9, 10, 12].map((hour) => Date.UTC(2026, 2, 14, hour)).join()}\n`);
    expect(timesIn("Asia/Tokyo").stdout).toBe(here);
  });
});

describe("deliveries that tell of no new order", () => {
  it("are passed over and counted by the topic of their header, whatever their body looks like", () => {
    const topics = ["orders/create", "orders/paid", "orders/updated", "orders/updated"];
    const text = topics
      .map((topic, n) =>
        JSON.stringify({
          headers: { ...headers, "X-Shopify-Topic": topic, "X-Shopify-Webhook-Id": `w-${n}` },
          body,
        }),
      )
      .join("\n");
    const { deliveries, passedOver, skipped } = parse(text);
    expect(deliveries.map(({ deliveryId }) => deliveryId)).toEqual(["w-0"]);
    expect(passedOver).toEqual({ "orders/paid": 1, "orders/updated": 2 });
    expect(skipped).toEqual([]);
  });

  it("are events of Stripe of other types, too", () => {
    const text = [stripe, { ...stripe, id: "evt_2", type: "charge.refunded", data: {} }]
      .map((e) => JSON.stringify(e))
      .join("\n");
    expect(parse(text)).toMatchObject({
      deliveries: [{ deliveryId: "evt_1" }],
      passedOver: { "charge.refunded": 1 },
    });
  });
});

describe("what a receiver logs", () => {
  it("has bodies as the text that was sent", () => {
    expect(only({ headers, body: JSON.stringify(body) })).toEqual(only({ headers, body }));
    expect(complaint(() => parse(JSON.stringify({ headers, body: "webhook_id=3" })))).toMatch(
      /^f:1: body: expected an object, or its JSON as text, got "webhook_id=3"$/,
    );
  });

  it("has header values in lists", () => {
    const listed = { "x-shopify-topic": ["orders/create"], "x-shopify-webhook-id": ["w-1", "w-2"] };
    expect(only({ headers: listed, body })).toEqual(only({ headers, body }));
  });

  it.each([
    [[["X-Shopify-Topic", "orders/paid"]], /^f:1: headers: expected an object with the names of headers/],
    [
      { ...headers, "X-Shopify-Topic": [] },
      /^f:1: headers\.X-Shopify-Topic: expected text, .* an empty list$/,
    ],
    [{ ...headers, "X-Shopify-Webhook-Id": 5 }, /^f:1: headers\.X-Shopify-Webhook-Id: expected text, .* 5$/],
  ])("is refused where its headers can't be read, and not taken for a new order: %j", (unread, why) => {
    expect(complaint(() => only({ headers: unread, body }))).toMatch(why);
  });
});

describe("a webhook of WooCommerce", () => {
  const order = {
    id: 727,
    status: "processing",
    currency: "USD",
    date_created: "2026-03-14T05:00:00",
    date_created_gmt: "2026-03-14T09:00:00",
    total: "29.35",
    line_items: [],
  };
  const sent = { "X-WC-Webhook-Topic": "order.created", "X-WC-Webhook-Delivery-ID": "36e520" };

  it("is an order, its time in UTC", () => {
    expect(only({ headers: sent, body: order })).toEqual({
      deliveryId: "36e520",
      orderId: "727",
      at: Date.UTC(2026, 2, 14, 9),
      cents: 2935,
      currency: "USD",
      source: "woocommerce",
    });
  });

  it("is passed over when it tells of an update", () => {
    const lines = [sent, { ...sent, "X-WC-Webhook-Topic": "order.updated" }].map((h) =>
      JSON.stringify({ headers: h, body: order }),
    );
    expect(parse(lines.join("\n"))).toMatchObject({ deliveries: [{}], passedOver: { "order.updated": 1 } });
  });

  it("is named with what is wrong", () => {
    expect(complaint(() => only({ headers: sent, body: { ...order, total: "29,35" } }))).toMatch(
      /^f:1: body\.total: /,
    );
    expect(complaint(() => only({ headers: {}, body: order }))).toContain("X-WC-Webhook-Delivery-ID");
  });
});

describe("a file", () => {
  const two = [stripe, { ...stripe, id: "evt_2" }];
  const expected = ["evt_1", "evt_2"];
  const idsOf = (text: string) => parse(text).deliveries.map(({ deliveryId }) => deliveryId);

  it.each([
    ["a list on one line", JSON.stringify(two)],
    ["a list over many lines", JSON.stringify(two, null, 2)],
    ["a list as an interface answers it", JSON.stringify({ object: "list", data: two, has_more: false })],
    ["lines", two.map((event) => JSON.stringify(event)).join("\n")],
  ])("may be %s", (_, text) => {
    expect(idsOf(text)).toEqual(expected);
  });

  it("may be one delivery over many lines", () => {
    expect(idsOf(JSON.stringify(stripe, null, 2))).toEqual(["evt_1"]);
  });

  it("may be a list of orders that nobody delivered: each goes by its own number", () => {
    const text = JSON.stringify({ orders: [body, { ...body, id: 1002 }] });
    expect(parse(text).deliveries.map(({ deliveryId, orderId }) => [deliveryId, orderId])).toEqual([
      ["orders/create:1001", "1001"],
      ["orders/create:1002", "1002"],
    ]);
  });

  it("is refused with the command that mends it when it is several values over many lines", () => {
    const text = two.map((event) => JSON.stringify(event, null, 2)).join("\n");
    expect(complaint(() => parse(text))).toMatch(/^f: .*`jq -c \. FILE` makes lines of such a file \(/);
  });

  it("is refused with the place where it breaks when it is one value that is cut off", () => {
    const text = JSON.stringify(two, null, 2);
    expect(complaint(() => parse(text.slice(0, -10)))).toMatch(
      /^f: expected one delivery, or a list of them, as JSON, and it /,
    );
  });

  it("names the element of a list that is wrong", () => {
    expect(complaint(() => parse(JSON.stringify([stripe, { some: "thing" }])))).toMatch(
      /^f:\[1\]: expected a webhook/,
    );
  });

  it("may be gzipped, and is refused when it is so only by its beginning", () => {
    const zipped = gzipSync(two.map((event) => JSON.stringify(event)).join("\n"));
    writeFileSync(join(folder, "a.gz"), zipped);
    expect(readOrders(join(folder, "a.gz"), false).deliveries).toHaveLength(2);
    writeFileSync(join(folder, "b.gz"), zipped.subarray(0, 60));
    expect(complaint(() => readOrders(join(folder, "b.gz"), false))).toMatch(
      /^cannot read .*b\.gz: its gzip is damaged/,
    );
  });

  it("may come from standard input", () => {
    const module = join(compiled(), "src/model/pipeline/order-files/orders-file.js");
    const script = `import(${JSON.stringify(module)}).then(({ readOrders }) => console.log(readOrders("-", false).deliveries.length))`;
    const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      input: two.map((event) => JSON.stringify(event)).join("\n"),
      encoding: "utf8",
    });
    expect(stdout).toBe("2\n");
  });
});
