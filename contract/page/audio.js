// Whether anything is heard, by the statistics of a call's connection.

/** Packets and energy of a call so far; undefined without a connection. */
export async function audioOf(softphone, callId) {
  const stats = await softphone.peerConnection?.(callId)?.getStats();
  if (!stats) return undefined;
  const flow = { sent: { packets: 0, energy: 0 }, received: { packets: 0, energy: 0 } };
  for (const stat of stats.values()) {
    if (stat.kind !== 'audio') continue;
    if (stat.type === 'outbound-rtp') flow.sent.packets += stat.packetsSent;
    if (stat.type === 'media-source') flow.sent.energy += stat.totalAudioEnergy ?? 0;
    if (stat.type === 'inbound-rtp') {
      flow.received.packets += stat.packetsReceived;
      flow.received.energy += stat.totalAudioEnergy ?? 0;
    }
  }
  return flow;
}
