// Which microphones and speakers are there, and why may a microphone not be had?

/** A microphone or a speaker. */
export interface Device {
  id: string;
  /** What it is called; empty until the user has allowed a microphone once. */
  label: string;
}

export interface Devices {
  microphones: Device[];
  /** Empty if the browser does not let pages choose. */
  speakers: Device[];
}

/** Why there is no sound from here. */
export type MicrophoneProblem =
  /** The page was not loaded by https (nor from this machine): browsers give such pages no microphone. */
  | "insecure"
  /** The user, or a rule of the browser or the system, does not allow it. */
  | "denied"
  /** There is none. */
  | "missing"
  /** It cannot be opened: another program may be using it. */
  | "busy";

/** The microphone cannot be had. */
export class MicrophoneError extends Error {
  override readonly name = "MicrophoneError";

  constructor(readonly problem: MicrophoneProblem) {
    super(`no microphone: ${problem}`);
  }
}

/** Opens a microphone; the one the system prefers if none is named, or the named one is not there any more. */
export async function openMicrophone(id?: string): Promise<MediaStream> {
  // Pages that are not secure have no such property, whatever the types say.
  const media = navigator.mediaDevices as MediaDevices | undefined;
  if (media === undefined) throw new MicrophoneError("insecure");
  try {
    return await media.getUserMedia({ audio: id === undefined ? true : { deviceId: { exact: id } } });
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    const isGone = name === "OverconstrainedError" || name === "NotFoundError";
    if (id !== undefined && isGone) return openMicrophone();
    throw new MicrophoneError(PROBLEMS[name] ?? "busy");
  }
}

/** What there is to choose from. */
export async function listDevices(): Promise<Devices> {
  const media = navigator.mediaDevices as MediaDevices | undefined;
  const all = (await media?.enumerateDevices()) ?? [];
  const ofKind = (kind: MediaDeviceKind) =>
    all
      .filter((device) => device.kind === kind && device.deviceId !== "")
      .map(({ deviceId, label }) => ({ id: deviceId, label }));
  const canChooseSpeaker = "setSinkId" in HTMLMediaElement.prototype;
  return { microphones: ofKind("audioinput"), speakers: canChooseSpeaker ? ofKind("audiooutput") : [] };
}

/** Calls `changed` when devices come or go. Returns what ends that. */
export function watchDevices(changed: () => void): () => void {
  const media = navigator.mediaDevices as MediaDevices | undefined;
  media?.addEventListener("devicechange", changed);
  return () => media?.removeEventListener("devicechange", changed);
}

const PROBLEMS: Record<string, MicrophoneProblem> = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
};
