// The whole phone in one page: signalling and media, with a port between them that does not leave it.

import { serve } from '../../media/serve.js';
import { pair } from '../lib/wire.js';
import { Phone } from './phone.js';

export function inPage(options, page, Line) {
  const [port, other] = pair();
  const phone = new Phone(options, page, Line);
  const seat = serve(other, page);
  void phone.seat(port);
  return Object.assign(phone, { peerConnection: (callId) => seat.peerConnection(callId), heedClick: () => seat.heedClick() });
}
