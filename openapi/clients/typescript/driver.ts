// The driver of the conformance kit (docs/conformance.md): does to the app what a person, the phone and the network would
// do, and says what the person sees. `node driver.js [port]` prints its address.

import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, type Settings } from "./app.js";
import { MovableClock } from "./clock.js";
import type { Answers, Language } from "./contract.js";

interface Command {
  do: string;
  baseUrl: string;
  language: Language;
  patienceSeconds?: number;
  offsetSeconds?: number;
  code: string;
  formId: string;
  answers: Answers;
  seconds: number;
}

/** More steps than this in one `pass` means that something is due for ever. */
const MOST_STEPS = 20_000;

const folder = mkdtempSync(join(tmpdir(), "nightbell-app-"));
let installations = 0;
let app: App | undefined;
let clock = new MovableClock(0);
let settings: Settings;

const start = (command: Command): void => {
  app?.kill();
  clock = new MovableClock((command.offsetSeconds ?? 0) * 1000);
  settings = {
    baseUrl: command.baseUrl,
    language: command.language,
    patience: (command.patienceSeconds ?? 30) * 1000,
    storage: join(folder, `app-${++installations}.json`),
  };
  app = new App(settings, clock);
};

const restart = async (): Promise<void> => {
  app?.kill();
  app = new App(settings, clock);
  await app.open();
};

/** Step from due time to due time: what falls due meanwhile happens then, and in order. */
const pass = async (seconds: number): Promise<void> => {
  const end = clock.monotonic() + seconds * 1000;
  const running = app;
  for (let step = 0; step < MOST_STEPS && running && running === app; step++) {
    const due = running.due;
    if (due === undefined || due > end) break;
    clock.pass(Math.max(0, due - clock.monotonic()) + 1);
    await running.tick();
  }
  clock.pass(Math.max(0, end - clock.monotonic()));
};

const COMMANDS: Record<string, (command: Command) => unknown> = {
  start,
  restart,
  activate: (command) => app?.activate(command.code),
  report: (command) => app?.report(command.formId, command.answers),
  open: () => app?.open(),
  pass: (command) => pass(command.seconds),
  language: (command) => app?.choose(command.language),
  signOut: () => app?.signOut(),
  state: () => undefined,
};

const bodyOf = async (request: IncomingMessage): Promise<Command> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString()) as Command;
};

const server = createServer((request, response) => {
  const answer = (status: number, body: unknown): void => {
    response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  };
  const obey = async (): Promise<void> => {
    const command = await bodyOf(request);
    const act = COMMANDS[command.do];
    if (!act) return answer(501, { problem: `this driver does not know ${command.do}` });
    const obeyed = app;
    try {
      await act(command);
    } catch (failure) {
      // A killed app fails wherever it was; that is what being killed means.
      if (app === obeyed) throw failure;
    }
    answer(200, app?.screen ?? {});
  };
  obey().catch((failure: unknown) => answer(500, { problem: String(failure) }));
});

server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

const stop = (): void => {
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
};
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
