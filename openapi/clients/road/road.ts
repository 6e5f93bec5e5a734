// The road of an app in its first hour, with the generated types and openapi-fetch: each step is looked at, the first that
// did not happen ends it. NIGHTBELL_URL is a sandbox of its own (`make clients` starts one).

import { randomUUID } from "node:crypto";
import createClient, { type Client } from "openapi-fetch";
import type { components, paths as Contract } from "../build/types/contract.js";
import type { paths as Sandbox } from "../build/types/sandbox.js";

type Answer = components["schemas"]["ReportSubmission"]["answers"][number];

const baseUrl = process.env["NIGHTBELL_URL"] ?? "";
const sandbox: Client<Sandbox> = createClient<Sandbox>({ baseUrl });
const nobody: Client<Contract> = createClient<Contract>({ baseUrl });
const as = (token: string): Client<Contract> =>
  createClient<Contract>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });

function saw(fact: unknown, sentence: string): asserts fact {
  if (!fact) throw new Error(`did not happen: ${sentence}`);
  console.log(`  typescript  ${sentence}`);
}

const signIn = async (name: string): Promise<Client<Contract>> => {
  const cast = await sandbox.GET("/sandbox/staff");
  const key = cast.data?.staff.find((each) => each.name === name);
  saw(key, `the sandbox knows ${name}`);
  const { email, password, totp } = key;
  const { data } = await nobody.POST("/v1/staff/sessions", { body: { email, password, totp, deviceId: randomUUID() } });
  saw(data, `${name} signs in`);
  return as(data.accessToken);
};

const texts = async (name: string): Promise<number> => {
  const cast = await sandbox.GET("/sandbox/staff");
  const number = cast.data?.staff.find((each) => each.name === name)?.phone ?? "";
  const { data } = await sandbox.GET("/sandbox/phones/{number}/messages", { params: { path: { number } } });
  return data?.messages.length ?? 0;
};

const until = async (look: () => Promise<unknown>, sentence: string): Promise<void> => {
  const end = Date.now() + 60_000;
  while (!(await look()) && Date.now() < end) await new Promise((wake) => setTimeout(wake, 100));
  saw(await look(), sentence);
};

const seeded = await sandbox.POST("/sandbox/participants", { body: { daysSinceAdministration: 3 } });
saw(seeded.data, "a participant is seeded");

const activate = async (code: string, deviceId: string) => {
  const { data } = await nobody.POST("/v1/activations", { body: { code, deviceId } });
  saw(data, "a phone is activated");
  return data;
};
const lin = as((await activate(seeded.data.participantCode, randomUUID())).accessToken);

const year = await lin.GET("/v1/me/schedule");
const occasions = year.data?.occasions ?? [];
const weeks = new Set(occasions.filter((each) => each.kind === "check-in").map((each) => each.week));
saw(occasions.filter((each) => each.kind === "visit").length === 8 && weeks.size === 52, "she reads 8 visits and 52 weeks");

const etag = year.response.headers.get("ETag") ?? "";
const again = await lin.GET("/v1/me/schedule", { params: { header: { "If-None-Match": etag } } });
saw(etag && again.response.status === 304, "what she has already is not sent again: 304");

const deviceId = randomUUID();
const tokens = await activate(seeded.data.caregiverCode, deviceId);
const caregiver = as(tokens.accessToken);
const forms = await caregiver.GET("/v1/me/forms");
const reference = forms.data?.forms[0];
saw(reference, "her caregiver has a form");
const form = await caregiver.GET("/v1/forms/{formId}/versions/{version}", { params: { path: reference } });
const items = form.data && "items" in form.data ? form.data.items : [];
saw(items.some((each) => each.itemId === "cannot-be-woken"), "it asks whether she can be woken");

const report = async (client: Client<Contract>, reportId: string, choice: string) => {
  const now = (await sandbox.GET("/sandbox/clock")).data?.now ?? "";
  return client.PUT("/v1/me/reports/{reportId}", {
    params: { path: { reportId } },
    body: {
      formId: reference.formId,
      formVersion: reference.version,
      language: "en",
      deviceTime: now,
      answers: [{ type: "choice", itemId: "cannot-be-woken", choice }],
    },
  });
};
const before = { Bob: await texts("Bob"), Dana: await texts("Dana") };
const reportId = randomUUID();
const handedIn = await report(caregiver, reportId, "yes");
saw(handedIn.response.status === 201 && handedIn.data?.level === "emergency", "an emergency is handed in");
saw(handedIn.data.advice.text && handedIn.data.advice.emergencyNumber === "120", "and answered with advice");
saw((await report(caregiver, reportId, "yes")).response.status === 200, "sent again it is the same report");
const other = await report(caregiver, reportId, "no");
saw(other.error?.code === "report.conflict" && other.error.whatToDo, "with other answers it is a conflict, and says what to do");

await until(async () => (await texts("Bob")) > before.Bob, "Bob's phone rings");
await sandbox.POST("/sandbox/clock", { body: { advance: "PT10M" } });
await until(async () => (await texts("Dana")) > before.Dana, "ten minutes later Dana's phone rings");

const page = async () => {
  const { data } = await caregiver.GET("/v1/me/reports/{reportId}", { params: { path: { reportId } } });
  return data?.page;
};
saw((await page())?.goNow, "the page says: go now");
const dana = await signIn("Dana");
const answer = async (alertId: string, outcome: "spoke-with-caregiver" | "spoke-with-participant") => {
  const params = { path: { alertId } };
  const taken = await dana.POST("/v1/alerts/{alertId}/acknowledgements", { params });
  const reached = await dana.POST("/v1/alerts/{alertId}/contacts", { params, body: { outcome } });
  return taken.response.ok && reached.response.ok;
};
const alerts = await dana.GET("/v1/alerts");
const alert = alerts.data?.alerts.find((each) => each.state === "open");
saw(alert, "Dana sees the alert");
const params = { path: { alertId: alert.alertId } };
const taken = await dana.POST("/v1/alerts/{alertId}/acknowledgements", { params });
saw(taken.response.status === 201, "Dana takes it");
saw((await page())?.status === "seen-by-doctor", "the phone reads: seen by a doctor");
saw(await answer(alert.alertId, "spoke-with-caregiver"), "Dana has spoken with the caregiver");
saw((await page())?.status === "contacted", "the phone reads: contacted");

const rotation = { body: { refreshToken: tokens.refreshToken, deviceId } };
const rotated = await nobody.POST("/v1/tokens", rotation);
saw(rotated.data, "the tokens are rotated");
const successor = await nobody.POST("/v1/tokens", rotation);
saw(successor.data?.refreshToken === rotated.data.refreshToken, "a lost answer is given again");

const wrong = await nobody.POST("/v1/activations", { body: { code: "K7Q4-MM3P-9X3Q", deviceId: randomUUID() } });
saw(wrong.error?.code === "activation.refused", "a wrong code is a problem with a code to branch on");

const fresh = as(rotated.data.accessToken);
saw((await fresh.DELETE("/v1/tokens/current")).response.status === 204, "the caregiver signs out");
const refused = await fresh.GET("/v1/me");
saw(refused.error?.code === "token.refused", "she is signed out");
const late = await report(as(rotated.data.submissionToken), randomUUID(), "no");
saw(late.response.status === 201, "what still waits is handed in with the submission token");

const clock = async (): Promise<number> => Date.parse((await sandbox.GET("/sandbox/clock")).data?.now ?? "");
const moveTo = async (target: number): Promise<void> => {
  for (let left = target - (await clock()); left > 0; left = target - (await clock())) {
    const { data } = await sandbox.POST("/sandbox/clock", { body: { advance: `PT${Math.ceil(left / 1000)}S` } });
    if (!data) throw new Error("did not happen: the clock is moved");
    if (data.unansweredAlertId) saw(await answer(data.unansweredAlertId, "spoke-with-participant"), "Dana answers the alert it stopped at");
  }
};
const occasionsOfHers = async () => (await lin.GET("/v1/me/schedule")).data?.occasions ?? [];

const hers = await lin.GET("/v1/me/forms");
const checkIn = (hers.data?.forms ?? []).filter((each) => each.formId === "check-in").sort((a, b) => b.version - a.version)[0];
saw(checkIn, "she has a form for her check-in");
const asked = await lin.GET("/v1/forms/{formId}/versions/{version}", { params: { path: checkIn } });
const questions = asked.data && "items" in asked.data ? asked.data.items : [];

// Somebody who is well: the first choice of each question that is always asked, no fever, no weight gained.
const numbers: Record<string, number> = { temperature: 36.6, weight: 60 };
const answers: Answer[] = questions
  .filter((each) => !each.askWhen)
  .flatMap((each): Answer[] => {
    const { itemId } = each;
    if (each.type === "choice") return [{ type: "choice", itemId, choice: each.choices[0]?.id ?? "" }];
    return each.type === "number" ? [{ type: "number", itemId, number: numbers[itemId] ?? NaN }] : [];
  });

// She checks in on the day on which each check-in opens, at noon in Shanghai, so that her silence rings nobody.
const began = Date.now();
const days = (await occasionsOfHers()).filter((each) => each.kind === "check-in").map((each) => each.opensOn);
for (const day of days.sort()) {
  await moveTo(Date.parse(`${day}T12:00:00+08:00`));
  const handed = await lin.PUT("/v1/me/reports/{reportId}", {
    params: { path: { reportId: randomUUID() } },
    body: { formId: checkIn.formId, formVersion: checkIn.version, language: "en", deviceTime: new Date(await clock()).toISOString(), answers },
  });
  if (handed.response.status !== 201) saw(false, `she checks in: ${JSON.stringify(handed.error)}`);
}
saw(days.length === 52, `a trial year has passed in ${Math.round((Date.now() - began) / 1000)} s`);
const end = await occasionsOfHers();
const done = end.filter((each) => each.kind === "check-in" && each.state === "done");
saw(done.length === days.length, "each of her check-ins is done");
saw(end.every((each) => each.state !== "upcoming"), "nothing of her year lies ahead");
