import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Client, ConnectionError, type Messages, RequestError, SessionEnded } from "..";
import { FakeServer } from "./fake-server";
import { generator } from "./random";

const clients: Client[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockImplementation(generator(1));
  vi.stubGlobal("fetch", async () => new Response());
  vi.stubGlobal("window", new EventTarget());
  vi.stubGlobal("document", Object.assign(new EventTarget(), { visibilityState: "visible" }));
});
afterEach(async () => {
  await endAll();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

async function endAll(): Promise<void> {
  const ended = clients.splice(0).map((client) => client.logout());
  await vi.advanceTimersByTimeAsync(1_000);
  await Promise.all(ended);
}

function clientOf(server: FakeServer): Client {
  const client = new Client("http://gateway", server.open);
  clients.push(client);
  return client;
}

function setUp(): { server: FakeServer; client: Client } {
  const server = new FakeServer();
  return { server, client: clientOf(server) };
}

async function loggedIn(): Promise<{ server: FakeServer; client: Client }> {
  const { server, client } = setUp();
  const login = client.login("a@b", "right");
  await vi.advanceTimersByTimeAsync(50);
  await login;
  return { server, client };
}

/** Outcomes of promises as they settle. */
function outcomes(): { all: string[]; note: (name: string, promise: Promise<unknown>) => void } {
  const all: string[] = [];
  const note = (name: string, promise: Promise<unknown>) => {
    promise.then(
      () => all.push(`${name} done`),
      (error: Error) => all.push(`${name} ${error.name}`),
    );
  };
  return { all, note };
}

describe("a login", () => {
  test("yields an identity and makes the client online", async () => {
    const { client } = await loggedIn();
    expect(client.state).toEqual({ name: "online" });
    expect(client.identity).toEqual({ urlID: "s1", userName: "a@b", ticket: "ticket" });
  });

  test("with a wrong password is refused with the server's words", async () => {
    const { client } = setUp();
    const login = client.login("a@b", "wrong").catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(50);
    expect(await login).toEqual(new RequestError("login", "no", 515));
    expect(client.state).toEqual({ name: "offline" });
  });

  test("without a server says so", async () => {
    const { server, client } = setUp();
    server.isReachable = false;
    const login = client.login("a@b", "right").catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(50);
    expect(await login).toBeInstanceOf(ConnectionError);
    expect(client.state).toEqual({ name: "offline" });
  });

  test("is possible after one that was refused", async () => {
    const { client } = setUp();
    const refused = client.login("a@b", "wrong").catch(() => {});
    await vi.advanceTimersByTimeAsync(50);
    await refused;
    const login = client.login("a@b", "right");
    await vi.advanceTimersByTimeAsync(50);
    await login;
    expect(client.state).toEqual({ name: "online" });
  });
});

describe("a request", () => {
  test("is answered with its data messages", async () => {
    const { server, client } = await loggedIn();
    server.answer = () => ['<mailbox mailbox="INBOX" Unseen="2"/>', '<mailbox mailbox="ä&amp;b"/>'];
    const list = client.request("mailboxList", {});
    await vi.advanceTimersByTimeAsync(50);
    expect(await list).toEqual([{ mailbox: "INBOX", Unseen: 2 }, { mailbox: "ä&b" }]);
  });

  test("before a login is refused", async () => {
    const { client } = setUp();
    await expect(client.request("noop", {})).rejects.toBeInstanceOf(SessionEnded);
  });
});

/** Six requests and six notices, one after another; returns what both sides have seen. */
async function conversation(server: FakeServer, client: Client) {
  server.answer = ({ document }) => [`<mailbox mailbox="${document.attributes.get("filter")}"/>`];
  const notices: string[] = [];
  client.on("alert", ({ text, gmtTime }) => notices.push(gmtTime + text));
  const answers: string[] = [];
  for (let i = 1; i <= 6; i += 1) {
    client.request("mailboxList", { filter: `r${i}` }).then((data) => {
      answers.push(...data.map(({ mailbox }) => mailbox));
    });
    server.notify("alert", { gmtTime: `n${i}`, localTime: "" });
    await vi.advanceTimersByTimeAsync(i % 2 === 0 ? 0 : 7);
  }
  await vi.advanceTimersByTimeAsync(120_000);
  const requests = server.accepted.map(({ document }) => document.attributes.get("filter"));
  return { notices, answers, requests };
}

const EXPECTED = {
  notices: ["n1", "n2", "n3", "n4", "n5", "n6"],
  answers: ["r1", "r2", "r3", "r4", "r5", "r6"],
  requests: ["r1", "r2", "r3", "r4", "r5", "r6"],
};

describe("a connection that is lost", () => {
  // Login takes 3 frames; the conversation and the heartbeats of two minutes some 40 more.
  test.each(Array.from({ length: 40 }, (_, i) => i + 4))(
    "after frame %i loses no request and no message, doubles none, and keeps their order",
    async (frames) => {
      const { server, client } = await loggedIn();
      server.cutAt = frames;
      expect(await conversation(server, client)).toEqual(EXPECTED);
      expect(server.logins).toEqual(["right"]);
    },
  );

  test("again and again, at random moments, changes nothing either", async () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const random = generator(seed);
      const { server, client } = await loggedIn();
      const cutAgain = () => {
        server.cutAt = server.delivered + 1 + Math.floor(random() * 12);
      };
      let cuts = 0;
      client.on("state", ({ name }) => {
        if (name === "reconnecting" && (cuts += 1) < 15) cutAgain();
      });
      cutAgain();
      expect(await conversation(server, client), `seed ${seed}`).toEqual(EXPECTED);
      await endAll();
    }
  });

  test("is replaced at once when the network comes back, however many tries have failed", async () => {
    const { server, client } = await loggedIn();
    server.isReachable = false;
    server.cut();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(client.state).toMatchObject({ name: "reconnecting" });
    server.isReachable = true;
    window.dispatchEvent(new Event("online"));
    await vi.advanceTimersByTimeAsync(20);
    expect(client.state).toEqual({ name: "online" });
  });

  test("is replaced at once when the page is seen again", async () => {
    const { server, client } = await loggedIn();
    server.isReachable = false;
    server.cut();
    await vi.advanceTimersByTimeAsync(60_000);
    server.isReachable = true;
    document.dispatchEvent(new Event("visibilitychange"));
    await vi.advanceTimersByTimeAsync(20);
    expect(client.state).toEqual({ name: "online" });
  });

  test("is tried for less and less often", async () => {
    const { server } = await loggedIn();
    server.isReachable = false;
    server.cut();
    const tries: number[] = [];
    for (let minute = 0; minute < 3; minute += 1) {
      const before = server.sockets.length;
      await vi.advanceTimersByTimeAsync(60_000);
      tries.push(server.sockets.length - before);
    }
    expect(tries[0]).toBeGreaterThan(5);
    expect(tries[0]).toBeLessThan(12);
    expect(tries[2]).toBeGreaterThanOrEqual(2);
    expect(tries[2]).toBeLessThan(5);
  });

  test("without a word is noticed by silence within half a minute", async () => {
    const { server, client } = await loggedIn();
    server.isSilent = true;
    await vi.advanceTimersByTimeAsync(29_000);
    expect(client.state).toEqual({ name: "online" });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(client.state).toMatchObject({ name: "reconnecting" });
    server.isSilent = false;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(client.state).toEqual({ name: "online" });
  });

  test("without a word is noticed sooner when the network has changed", async () => {
    const { server, client } = await loggedIn();
    server.isSilent = true;
    window.dispatchEvent(new Event("offline"));
    await vi.advanceTimersByTimeAsync(4_100);
    expect(client.state).toMatchObject({ name: "reconnecting" });
  });
});

describe("a session that is gone", () => {
  test("is replaced by ticket, what was asked of it fails, and the application is told", async () => {
    const { server, client } = await loggedIn();
    const { all, note } = outcomes();
    server.isSilent = true;
    note("first", client.request("mailboxList", {}));
    await vi.advanceTimersByTimeAsync(50);
    server.forget();
    server.cut();
    server.isSilent = false;
    client.on("renewed", ({ urlID }) => all.push(`renewed ${urlID}`));
    await vi.advanceTimersByTimeAsync(1_000);
    note("second", client.request("mailboxList", {}));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(all).toEqual(["renewed s2", "first SessionEnded", "second done"]);
    expect(server.logins).toEqual(["right", "ticket"]);
  });

  test("ends the client when the ticket is not accepted either", async () => {
    const { server, client } = await loggedIn();
    server.isTicketValid = false;
    server.cut();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(client.state).toEqual({ name: "ended", reason: "ticket refused" });
    expect(client.identity).toBeUndefined();
  });
});

/** The page is gone: its connection is closed, and its scripts do not run any more. */
async function leave(server: FakeServer, client: Client): Promise<void> {
  server.cut();
  await vi.advanceTimersByTimeAsync(5);
  await client.logout();
}

describe("a page that is loaded again", () => {
  test("goes on with the same session where it was left", async () => {
    const { server, client } = await loggedIn();
    void client.request("mailboxList", {});
    server.notify("alert", { gmtTime: "1", localTime: "" });
    await vi.advanceTimersByTimeAsync(50);
    const saved = client.save();
    await leave(server, client);
    server.notify("alert", { gmtTime: "2", localTime: "" });
    if (saved === undefined) throw new Error("nothing was saved");

    const next = clientOf(server);
    const heard: Messages["alert"][] = [];
    next.on("alert", (alert) => heard.push(alert));
    const resumed = next.resume(saved);
    await vi.advanceTimersByTimeAsync(50);
    expect(await resumed).toBe("resumed");
    expect(heard).toEqual([{ gmtTime: "2", localTime: "", text: "" }]);
    server.accepted.length = 0;
    const request = next.request("mailboxList", {});
    await vi.advanceTimersByTimeAsync(50);
    await request;
    expect(server.accepted).toHaveLength(1);
  });

  test("begins a new session if the old one has ended meanwhile", async () => {
    const { server, client } = await loggedIn();
    const saved = client.save();
    await leave(server, client);
    server.forget();
    if (saved === undefined) throw new Error("nothing was saved");
    const next = clientOf(server);
    const resumed = next.resume(saved);
    await vi.advanceTimersByTimeAsync(50);
    expect(await resumed).toBe("begun");
    expect(next.identity?.urlID).toBe("s2");
  });
});

describe("acknowledgement", () => {
  test("comes within two seconds of a message", async () => {
    const { server } = await loggedIn();
    server.notify("alert", { gmtTime: "", localTime: "" });
    await vi.advanceTimersByTimeAsync(1_900);
    expect(server.acknowledged).toEqual([]);
    await vi.advanceTimersByTimeAsync(200);
    expect(server.acknowledged).toEqual([1]);
  });

  test("comes at once after fifty messages", async () => {
    const { server } = await loggedIn();
    for (let i = 0; i < 60; i += 1) server.notify("alert", { gmtTime: "", localTime: "" });
    await vi.advanceTimersByTimeAsync(50);
    expect(server.acknowledged).toEqual([50]);
  });

  test("is not acknowledged in turn: an idle client sends its heartbeats only", async () => {
    const { server } = await loggedIn();
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    expect(server.noops).toBeGreaterThanOrEqual(29);
    expect(server.noops).toBeLessThanOrEqual(30);
  });
});

describe("a logout", () => {
  test("ends the session and what waits for it", async () => {
    const { server, client } = await loggedIn();
    const logout = client.logout();
    await vi.advanceTimersByTimeAsync(50);
    await logout;
    expect(server.accepted.map(({ name }) => name)).toEqual(["bye"]);
    expect(client.state).toEqual({ name: "ended", reason: "logged out" });
    await expect(client.request("mailboxList", {})).rejects.toBeInstanceOf(SessionEnded);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.sockets).toHaveLength(1);
  });
});
