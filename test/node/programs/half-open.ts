/** Connects, says one word, and waits for an answer that never comes; with or without keeping the connection alive. */
import { connect, createServer } from "node:net";

if (process.argv[2] === "server") {
  createServer((socket) => socket.on("error", () => {}).resume()).listen(7_000);
} else {
  const begin = Date.now();
  const socket = connect({ host: "server", port: 7_000 });
  if (process.argv[2] === "keeps alive") socket.setKeepAlive(true, 1_000);
  socket.write("hello");
  socket.on("error", (error: NodeJS.ErrnoException) =>
    console.log(`${error.code} after ${Math.floor((Date.now() - begin) / 1_000)} s`),
  );
}
