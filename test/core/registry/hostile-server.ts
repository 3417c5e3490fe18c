/** A hand-written HTTP server on loopback for answers that no real registry gives. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface HostileServer {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** `METHOD path` of every request. */
  readonly requests: string[];
  readonly headers: IncomingMessage["headers"][];
  stop(): Promise<void>;
}

export async function hostileServer(handler: Handler, address = "127.0.0.1"): Promise<HostileServer> {
  const requests: string[] = [];
  const headers: IncomingMessage["headers"][] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method ?? ""} ${request.url ?? ""}`);
    headers.push(request.headers);
    if (request.url === "/v2/") response.end("{}");
    else handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as { port: number };
  return {
    host: `${address}:${port}`, requests, headers,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
