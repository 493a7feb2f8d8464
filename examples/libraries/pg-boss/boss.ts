/** pg-boss as both programs use it: its own schema, on the host `db`, started again for as long as the database can't be reached. */
import { setTimeout as sleep } from "node:timers/promises";
import { PgBoss } from "pg-boss";

export const QUEUE = "mails";
/** Only one job of it is active at a time. */
export const SINGLE = "reports";
export const DEAD = "dead-mails";

const EXPIRE_SECONDS = 10;

/** @param supervises whether it also looks for jobs that were active for too long. */
export async function started(supervises: boolean): Promise<PgBoss> {
  const boss = new PgBoss({
    host: "db",
    user: "postgres",
    database: "postgres",
    max: 3,
    migrate: false,
    schedule: false,
    supervise: supervises,
    superviseIntervalSeconds: 2,
    monitorIntervalSeconds: 1,
  });
  boss.on("error", (error) => console.warn(error.message));
  for (;;) {
    try {
      await boss.start();
      await boss.createQueue(DEAD);
      await boss.createQueue(QUEUE, {
        retryLimit: 2,
        retryDelay: 1,
        expireInSeconds: EXPIRE_SECONDS,
        deadLetter: DEAD,
      });
      await boss.createQueue(SINGLE, {
        policy: "singleton",
        retryLimit: 5,
        expireInSeconds: EXPIRE_SECONDS,
        deadLetter: DEAD,
      });
      return boss;
    } catch (error) {
      console.warn(`not started: ${(error as Error).message}`);
      await sleep(1_000);
    }
  }
}
