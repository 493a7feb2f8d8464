/** The shop in a storm: which hosts there are, what customers do, and what they may expect of it. */
import { type CheckOptions, node, postgres, type StormContext } from "seedstorm/node";
import type { Flaw } from "./flaw.js";

const here = (file: string): URL => new URL(file, import.meta.url);

/** The shop, sound or with one of the mistakes. */
export function shop(flaw?: Flaw): CheckOptions {
  const env = flaw === undefined ? {} : { FLAW: flaw };
  return {
    hosts: {
      db: postgres({ schema: new URL("schema.sql", import.meta.url) }),
      orders: node(here("orders.ts"), { env }),
      relay: node(here("relay.ts"), { env }),
      ledger: node(here("ledger.ts"), { env }),
    },
    storm: ["crash", "loss", "partition"],
    runs: 100,
    stormSeconds: 12,
    quietSeconds: 40,
  };
}

interface Order {
  readonly id: string;
  readonly customer: string;
  readonly cents: number;
  readonly voucher?: string;
}

/** What customers were told, and what stands in the ledger when all is well again. */
export interface Trade {
  readonly confirmed: readonly string[];
  readonly refused: readonly string[];
  readonly booked: readonly Order[];
}

const ROUNDS = 8;

export async function trade({ client, healed }: StormContext): Promise<Trade> {
  const confirmed: string[] = [];
  const refused: string[] = [];

  /** Orders, and again with the same id for as long as nobody knows what became of it. */
  const order = async (customer: string, voucher: string | undefined): Promise<void> => {
    const wanted: Order = {
      id: client.uuid(),
      customer,
      cents: 1_000,
      ...(voucher === undefined ? {} : { voucher }),
    };
    for (;;) {
      try {
        const answer = await client.fetch("http://orders:8080/orders", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(wanted),
          signal: client.timeout(6_000),
        });
        await answer.text();
        if (answer.status === 201) confirmed.push(wanted.id);
        else if (answer.status < 500) refused.push(wanted.id);
        if (answer.status < 500) return;
      } catch {
        // No answer: it may have been placed or not.
      }
      await client.sleep(300 + 700 * client.random());
    }
  };

  await client.sleep(300);
  for (let round = 1; round <= ROUNDS; round++) {
    const voucher = `voucher-${round}`;
    await Promise.all([order("ann", voucher), order("bob", voucher), order("cas", undefined)]);
    await client.sleep(400);
  }
  await healed();
  await client.sleep(10_000);
  const answer = await client.fetch("http://ledger:8080/entries");
  return { confirmed, refused, booked: (await answer.json()) as Order[] };
}

/** How the trade contradicts what the shop promises; empty when it doesn't. */
export function complaints({ confirmed, refused, booked }: Trade): string[] {
  const ids = booked.map(({ id }) => id);
  const vouchers = booked.flatMap(({ voucher }) => voucher ?? []);
  const twice = <T>(items: readonly T[]): T[] => items.filter((item, index) => items.indexOf(item) !== index);
  return [
    ...confirmed
      .filter((id) => !ids.includes(id))
      .map((id) => `${id} was confirmed and is not in the ledger`),
    ...refused.filter((id) => ids.includes(id)).map((id) => `${id} was refused and is in the ledger`),
    ...twice(ids).map((id) => `${id} is in the ledger twice`),
    ...twice(vouchers).map((voucher) => `${voucher} was used twice`),
  ];
}
