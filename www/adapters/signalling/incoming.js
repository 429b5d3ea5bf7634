/**
 * What the worker is told of a call that rings.
 *
 * @param {string} callId
 * @param leg the library's word
 * @param heard what its INVITE says beside it, see `heard.js`
 * @param {string} [ownLine] the line the options name
 * @returns {import('../../softphone.js').SoftphoneEvent}
 */
export function incomingEvent(callId, leg, { who, line, headers = {}, externalId }, ownLine = line) {
  const { number, displayName } = who ?? leg;
  return {
    type: 'incoming', callId, number,
    ...(displayName && { displayName }),
    ...(ownLine && { line: ownLine }),
    ...(leg.transferredBy && { transferredBy: leg.transferredBy }),
    ...(externalId && { externalId }),
    ...(Object.keys(headers).length > 0 && { headers }),
  };
}
