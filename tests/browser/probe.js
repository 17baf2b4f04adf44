// What does a page hear, and what has it sent? Runs in the page before anything else of it.

(() => {
  const connections = [];
  const heard = new Map();
  let context;

  window.RTCPeerConnection = class extends window.RTCPeerConnection {
    constructor(...parameters) {
      super(...parameters);
      connections.push(this);
    }
  };

  const open = () => connections.filter(({ connectionState }) => connectionState !== "closed");

  /** What comes in by a connection, as something that can be measured. */
  function analyserOf(connection) {
    const track = connection.getReceivers().find((receiver) => receiver.track.kind === "audio")?.track;
    if (track === undefined) return undefined;
    context ??= new AudioContext();
    if (!heard.has(track)) {
      const analyser = new AnalyserNode(context, { fftSize: 16384 });
      context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
      heard.set(track, analyser);
    }
    return heard.get(track);
  }

  /** The level of a frequency (Goertzel's algorithm), between 0 and about 1. */
  function level(samples, hertz) {
    const turn = 2 * Math.cos((2 * Math.PI * hertz) / context.sampleRate);
    let [last, before] = [0, 0];
    for (const sample of samples) [last, before] = [sample + turn * last - before, last];
    return (2 * Math.sqrt(Math.max(last * last + before * before - turn * last * before, 0))) / samples.length;
  }

  window.probe = {
    /** The state of the connections: "connected" and so on, the newest last. */
    states: () => connections.map(({ connectionState }) => connectionState),

    /** Levels of frequencies in what the newest open connection brings. */
    levels(...hertz) {
      const analyser = open().length > 0 ? analyserOf(open().at(-1)) : undefined;
      if (analyser === undefined) return undefined;
      void context.resume();
      const samples = new Float32Array(analyser.fftSize);
      analyser.getFloatTimeDomainData(samples);
      return hertz.map((each) => level(samples, each));
    },

    /** Whether one frequency is heard and the other is not. */
    hears(present, absent) {
      const [here, elsewhere] = this.levels(present, absent) ?? [0, 0];
      return here > 0.01 && here > 8 * elsewhere && { here, elsewhere };
    },

    /** RTP of the newest open connection, as both ends have counted it. */
    async rtp() {
      const counts = { sent: 0, received: 0, lost: 0, lostThere: 0, codec: "" };
      const reports = [...(await open().at(-1).getStats()).values()];
      for (const report of reports) {
        if (report.type === "outbound-rtp") counts.sent += report.packetsSent;
        if (report.type === "inbound-rtp") {
          counts.received += report.packetsReceived;
          counts.lost += report.packetsLost;
          counts.codec = reports.find(({ id }) => id === report.codecId)?.mimeType ?? "";
        }
        if (report.type === "remote-inbound-rtp") counts.lostThere += report.packetsLost;
      }
      return counts;
    },
  };
})();
