// How does a test move a browser? It writes a command a line and reads an answer a line.
//
// The first argument is JSON: { "browser": "chromium" | "firefox", "tone": hertz, "wav": file, "profile": folder,
// "downloads": folder, "denied": whether the microphone is }.
// A command is { "do": name, "tab": number, … }; an answer { "ok": value } or { "error": text }. The browser ends with the
// standard input of this process.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";

const LAUNCH = {
  chromium: ({ wav, profile, denied }) => ({
    executablePath: "/usr/bin/chromium",
    userDataDir: profile,
    // A test ends with its processes; the pipe ends with this one.
    pipe: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--disable-quic",
      "--autoplay-policy=no-user-gesture-required",
      "--use-fake-device-for-media-stream",
      ...(wav === undefined ? [] : [`--use-file-for-fake-audio-capture=${wav}`]),
      denied ? "--deny-permission-prompts" : "--use-fake-ui-for-media-stream",
    ],
  }),
  firefox: ({ tone, profile }) => ({
    browser: "firefox",
    executablePath: "/usr/bin/firefox-esr",
    userDataDir: profile,
    extraPrefsFirefox: {
      "media.navigator.streams.fake": true,
      "media.navigator.audio.fake_frequency": tone,
      "media.navigator.permission.disabled": true,
      "media.autoplay.default": 0,
      "media.autoplay.blocking_policy": 0,
      "media.peerconnection.ice.obfuscate_host_addresses": false,
      // Without a sound card an AudioContext stays suspended unless this is set.
      "media.cubeb.force_mock_context": true,
    },
  }),
};

const options = JSON.parse(process.argv[2]);
const browser = await puppeteer.launch({
  acceptInsecureCerts: true,
  headless: true,
  defaultViewport: { width: 1400, height: 900 },
  ...LAUNCH[options.browser](options),
});
if (options.browser === "chromium") {
  const session = await browser.target().createCDPSession();
  await session.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: options.downloads });
}
const probe = readFileSync(new URL("probe.js", import.meta.url), "utf8");
const tabs = [];
const said = [];

async function openTab() {
  const page = await browser.newPage();
  page.on("console", (message) => said.push(`${message.type()}: ${message.text()}`));
  // "Leave this page?"
  page.on("dialog", (dialog) => void dialog.accept());
  page.on("pageerror", (error) => said.push(`page error: ${error.message}`));
  await page.evaluateOnNewDocument(probe);
  tabs.push(page);
  return tabs.length - 1;
}

const commands = {
  open: () => openTab(),
  size: ({ width, height }, page) => page.setViewport({ width, height }),
  theme: ({ dark }, page) =>
    page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }]),
  go: async ({ url }, page) => void (await page.goto(url)),
  reload: async (_, page) => void (await page.reload()),
  // Waits until the element is there and can be seen; answers its text.
  see: async ({ selector, timeout }, page) => {
    const element = await page.waitForSelector(selector, { visible: true, timeout });
    return element.evaluate((node) => (node instanceof HTMLInputElement ? node.value : node.textContent));
  },
  gone: async ({ selector, timeout }, page) =>
    void (await page.waitForSelector(selector, { hidden: true, timeout })),
  click: async ({ selector, timeout }, page) => {
    const element = await page.waitForSelector(selector, { visible: true, timeout });
    await element.evaluate((node) => node.click());
  },
  fill: async ({ selector, text }, page) => {
    const element = await page.waitForSelector(selector, { visible: true });
    await element.evaluate((node, value) => {
      node.value = value;
      node.dispatchEvent(new Event("input", { bubbles: true }));
      node.dispatchEvent(new Event("change", { bubbles: true }));
    }, text);
  },
  press: async ({ key, held }, page) => {
    if (held !== undefined) await page.keyboard.down(held);
    await page.keyboard.press(key);
    if (held !== undefined) await page.keyboard.up(held);
  },
  type: async ({ text }, page) => page.keyboard.type(text),
  // Clicks with the mouse, where the element is, while keys are held.
  point: async ({ selector, held = [], button = "left", timeout }, page) => {
    const element = await page.waitForSelector(selector, { visible: true, timeout });
    for (const key of held) await page.keyboard.down(key);
    await element.click({ button });
    for (const key of held) await page.keyboard.up(key);
  },
  // Drags an element onto another one, as the browser tells a page of it.
  drag: async ({ selector, target }, page) =>
    page.evaluate(
      (from, to) => {
        const dataTransfer = new DataTransfer();
        const tell = (element, name) =>
          element.dispatchEvent(new DragEvent(name, { bubbles: true, cancelable: true, dataTransfer }));
        const [source, place] = [document.querySelector(from), document.querySelector(to)];
        tell(source, "dragstart");
        tell(place, "dragenter");
        // Who does not prevent it does not take it.
        if (tell(place, "dragover")) throw new Error(`${to} takes nothing`);
        tell(place, "drop");
        tell(source, "dragend");
      },
      selector,
      target,
    ),
  // Sends so many bytes a second at most; 0: as many as it can.
  slow: async ({ upload }, page) =>
    page.emulateNetworkConditions(upload === 0 ? null : { upload, download: -1, latency: 0 }),
  // Drops a file of this name and content onto an element.
  drop: async ({ selector, name, content }, page) =>
    page.evaluate(
      (to, fileName, text) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([text], fileName));
        const place = document.querySelector(to);
        for (const event of ["dragenter", "dragover", "drop"]) {
          place.dispatchEvent(new DragEvent(event, { bubbles: true, cancelable: true, dataTransfer }));
        }
      },
      selector,
      name,
      content,
    ),
  // What stands in the way of people who do not see the page, or do not see it well.
  barriers: async (_, page) => {
    const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
    await page.evaluate(readFileSync(axe, "utf8"));
    const { violations } = await page.evaluate(() => window.axe.run({ iframes: false }));
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
  },
  // Waits until an expression is true, and answers its value.
  until: async ({ expression, timeout }, page) => {
    const handle = await page.waitForFunction(expression, { timeout, polling: 50 });
    return handle.jsonValue();
  },
  evaluate: ({ expression }, page) => page.evaluate(expression),
  choose: async ({ selector, files }, page) => (await page.waitForSelector(selector)).uploadFile(...files),
  shoot: async ({ file }, page) => void (await page.screenshot({ path: file })),
  close: async (_, page) => page.close(),
  said: () => said,
};

await openTab();
process.stdout.write(`${JSON.stringify({ ok: await browser.version() })}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  let answer;
  try {
    answer = { ok: (await commands[command.do](command, tabs[command.tab ?? 0])) ?? null };
  } catch (error) {
    answer = { error: `${error.message}; the page said ${JSON.stringify(said.slice(-20))}` };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
// One that does not end by itself is killed.
const killing = setTimeout(() => browser.process()?.kill("SIGKILL"), 5_000);
await browser.close();
clearTimeout(killing);
process.exit();
