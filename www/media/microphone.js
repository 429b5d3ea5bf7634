// The microphone. Why it can't be had is a code of its own: "denied" has another cure than "missing".

import { problem } from '../adapters/lib/problem.js';

/**
 * @param {MediaTrackConstraints} [wanted]
 * @returns {Promise<MediaStreamTrack>}
 */
export async function openMicrophone(wanted = {}) {
  // Both are known before anybody is asked, and the browser's own error would hide them.
  if (!globalThis.isSecureContext || !navigator.mediaDevices?.getUserMedia) {
    throw problem('INSECURE_ORIGIN', 'the page was not loaded by https, so the browser offers no microphone');
  }
  if (!frameMay('microphone')) {
    throw problem('FRAME_PERMISSION', 'the frame was created without allow="microphone", so it may not ask for it');
  }
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: wanted });
    return stream.getAudioTracks()[0];
  } catch (error) {
    // The device that was asked for is unplugged: any other is better than none.
    if (error.name === 'OverconstrainedError' && wanted.deviceId) {
      const { deviceId, ...rest } = wanted;
      return openMicrophone(rest);
    }
    throw named(error);
  }
}

function named(error) {
  switch (error.name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return problem('MICROPHONE_DENIED', 'the microphone is not allowed: permit it for this site in the browser');
    case 'NotFoundError':
    case 'OverconstrainedError':
      return problem('MICROPHONE_MISSING', 'there is no microphone: plug one in');
    default:
      return problem('MICROPHONE_UNREADABLE', 'the microphone can\'t be read: another program may be using it');
  }
}

/** Whether the frame's permissions policy lets it. Where the browser can't tell, asking will show. */
function frameMay(feature) {
  const policy = document.permissionsPolicy ?? document.featurePolicy;
  return policy?.allowsFeature?.(feature) ?? true;
}
