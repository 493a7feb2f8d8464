/** The storm test of the ticket seller, which tests of its own put to use. */
import { fileURLToPath } from "node:url";
import type { StormContext } from "../../src/node/index.js";

export const TICKETS = fileURLToPath(new URL("../node/programs/tickets.ts", import.meta.url));

/** Buys for a few people at a time, again until there is an answer, and returns who got a ticket, and who is said to have one. */
export async function sell({
  client,
  healed,
}: StormContext): Promise<{ confirmed: string[]; sold: string[] }> {
  const confirmed: string[] = [];
  const buy = async (buyer: string): Promise<void> => {
    for (;;) {
      try {
        const answer = await client.fetch(`http://seller/tickets/${buyer}`, {
          method: "POST",
          signal: client.timeout(3_000),
        });
        const { sold } = (await answer.json()) as { sold: boolean };
        if (sold) confirmed.push(buyer);
        return;
      } catch {
        await client.sleep(500);
      }
    }
  };
  await client.sleep(500);
  for (let round = 0; round < 8; round++) {
    await Promise.all([0, 1, 2].map((i) => buy(`buyer-${round}-${i}`)));
    await client.sleep(1_000);
  }
  await healed();
  const sold = (await (await client.fetch("http://seller/tickets")).json()) as string[];
  return { confirmed, sold };
}
