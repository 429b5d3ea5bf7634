// In a SharedWorker there is no window, and JsSIP asks it for WebRTC before it makes a call. The build puts
// these in their place (`scripts/bundles.mjs`); nothing is made of them, as media is where the seat is.

export const window = { RTCPeerConnection: true };

export class RTCSessionDescription {
  constructor({ type, sdp }) {
    Object.assign(this, { type, sdp });
  }
}
