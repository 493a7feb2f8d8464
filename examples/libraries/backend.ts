/** A price service that is slow now and then, and fails now and then. */
import { createServer } from "node:http";

createServer((_request, response) => {
  const slow = Math.random() < 0.1;
  setTimeout(
    () => {
      response.statusCode = Math.random() < 0.05 ? 500 : 200;
      response.end("1000");
    },
    slow ? 1_000 + 2_000 * Math.random() : 20 + 100 * Math.random(),
  );
}).listen(8080);
