/** The ticket seller in a storm: which hosts there are, what buyers do, and what they may expect. */
import assert from "node:assert/strict";
import { node, stormScenario } from "seedstorm/node";

const sellsTickets = await stormScenario(
  "sold tickets stay sold",
  {
    hosts: { seller: node(new URL("tickets.ts", import.meta.url)) },
    storm: ["crash", "loss", "partition"],
  },
  async ({ client, healed }) => {
    const bought: string[] = [];

    /** Asks again for as long as nobody knows what became of it. */
    const buy = async (name: string): Promise<void> => {
      for (;;) {
        try {
          const url = `http://seller:8080/tickets/${name}`;
          const { status } = await client.fetch(url, { method: "POST", signal: client.timeout(2_000) });
          if (status === 201) bought.push(name);
          return;
        } catch {
          await client.sleep(500); // no answer: it may have been sold or not
        }
      }
    };

    await client.sleep(500);
    for (const round of [1, 2, 3, 4, 5]) {
      await Promise.all(["ann", "bob", "cas"].map((name) => buy(`${name}-${round}`)));
      await client.sleep(2_000);
    }
    await healed();
    const answer = await client.fetch("http://seller:8080/tickets");
    const sold = (await answer.json()) as string[];
    const lost = bought.filter((name) => !sold.includes(name));
    assert.ok(lost.length === 0, `${lost.join(", ")}: bought a ticket and has none`);
    assert.ok(sold.length <= 10, `${sold.length} of 10 tickets are sold`);
  },
);

export const scenarios = [sellsTickets];
