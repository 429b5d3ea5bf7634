//! What WebRTC has counted so far.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The counters of one call's audio, as `RTCPeerConnection.getStats` gives them: all of them run
/// from the connection's start, and each is absent until the browser has it.
///
/// Source: [Identifiers for WebRTC's Statistics API](https://www.w3.org/TR/webrtc-stats/).
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Counters {
    /// `inbound-rtp.packetsReceived`.
    pub received: Option<u64>,
    /// `inbound-rtp.packetsLost`; negative when packets came twice.
    pub lost: Option<i64>,
    /// `inbound-rtp.jitter`.
    pub jitter: Option<Duration>,
    /// `inbound-rtp.jitterBufferDelay`: the sum over all samples played.
    pub buffered: Option<Duration>,
    /// `inbound-rtp.jitterBufferEmittedCount`: those samples.
    pub played: Option<u64>,
    /// `outbound-rtp.packetsSent`.
    pub sent: Option<u64>,
    /// `remote-inbound-rtp.packetsLost`: of what was sent, as the far end counts.
    pub lost_remotely: Option<i64>,
    /// `remote-inbound-rtp.roundTripTime`, else `candidate-pair.currentRoundTripTime`.
    pub round_trip: Option<Duration>,
    /// `media-source.totalAudioEnergy`: what the microphone has picked up.
    pub microphone: Option<f64>,
}
