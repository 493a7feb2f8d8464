/** What `npm start` runs: the programs as JavaScript, since Node 20 takes no TypeScript. Packages stay where they are. */
export default {
  cwd: import.meta.dirname,
  input: ["./supervisor.ts", "./db.ts", "./orders.ts", "./relay.ts", "./ledger.ts"],
  external: /^[^./]/,
  platform: "node",
  output: { dir: "build", sourcemap: true },
};
