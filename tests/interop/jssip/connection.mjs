// What stands in for a browser's RTCPeerConnection: it offers and answers plain RTP with µ-law, says
// a tone and writes down what it hears. Of the interface there is what JsSIP uses.

import { createSocket } from 'node:dgram'
import { closeSync, openSync, writeSync } from 'node:fs'

const RATE = 8000
const FRAME = 160
const FRAME_MS = 20
const HEADER = 12
const LOUDNESS = 0.25 * Math.SQRT2 // of the tone's peak: -12 dB

export class SessionDescription {
  constructor({ type, sdp }) {
    this.type = type
    this.sdp = sdp
  }
}

export class PlainConnection extends EventTarget {
  iceConnectionState = 'connected'
  iceGatheringState = 'complete'
  signalingState = 'stable'
  localDescription = null
  remoteDescription = null

  #socket = createSocket('udp4')
  #bound
  #version = 0
  #talk
  #tone
  #sent = 0
  #heard = 0
  #file
  #ssrc = Math.floor(Math.random() * 2 ** 32)

  // hertz    the tone that it says, if any
  // file     where what it hears is written
  // onSound  is told how many octets it has heard in all
  constructor({ hertz, file, onSound }) {
    super()
    this.#tone = hertz
    this.#file = openSync(file, 'w')
    this.#socket.on('message', (packet) => {
      if ((packet[1] & 0x7f) !== 0) return
      this.#heard += writeSync(this.#file, packet, HEADER)
      onSound(this.#heard)
    })
    this.#bound = new Promise((done) => this.#socket.bind(0, '127.0.0.1', done))
  }

  async createOffer() {
    return new SessionDescription({ type: 'offer', sdp: await this.#describe() })
  }

  async createAnswer() {
    return new SessionDescription({ type: 'answer', sdp: await this.#describe() })
  }

  async setLocalDescription(description) {
    this.localDescription = description
    this.#settle(description, 'have-local-offer')
  }

  async setRemoteDescription(description) {
    this.remoteDescription = description
    this.#settle(description, 'have-remote-offer')
  }

  addTrack() {}

  getSenders() {
    return []
  }

  close() {
    clearInterval(this.#talk)
    this.signalingState = 'closed'
    this.#socket.close()
    closeSync(this.#file)
  }

  async #describe() {
    await this.#bound
    const { port } = this.#socket.address()
    const theirs = this.signalingState === 'have-remote-offer' && direction(this.remoteDescription)
    return [
      'v=0',
      `o=- ${this.#ssrc} ${++this.#version} IN IP4 127.0.0.1`,
      's=-',
      'c=IN IP4 127.0.0.1',
      't=0 0',
      `m=audio ${port} RTP/AVP 0`,
      'a=rtpmap:0 PCMU/8000',
      `a=${ANSWERS[theirs] ?? 'sendrecv'}`,
      ''
    ].join('\r\n')
  }

  #settle({ type }, offered) {
    this.signalingState = type === 'offer' ? offered : 'stable'
    if (this.signalingState === 'stable') this.#speak()
  }

  // Say the tone to whom the other side names, as far as both want it.
  #speak() {
    clearInterval(this.#talk)
    const { sdp } = this.remoteDescription
    const host = /^c=IN IP4 (\S+)/m.exec(sdp)[1]
    const port = Number(/^m=audio (\d+)/m.exec(sdp)[1])
    const wanted = ['sendrecv', 'recvonly'].includes(direction(this.remoteDescription))
    const willing = ['sendrecv', 'sendonly'].includes(direction(this.localDescription))
    if (this.#tone === undefined || !wanted || !willing) return
    const began = performance.now() - FRAME_MS * this.#sent
    this.#talk = setInterval(() => {
      while (FRAME_MS * this.#sent <= performance.now() - began) {
        this.#socket.send(this.#packet(this.#sent++), port, host)
      }
    }, FRAME_MS / 4)
  }

  #packet(number) {
    const packet = Buffer.alloc(HEADER + FRAME)
    packet[0] = 0x80
    packet.writeUInt16BE(number % 2 ** 16, 2)
    packet.writeUInt32BE((number * FRAME) % 2 ** 32, 4)
    packet.writeUInt32BE(this.#ssrc, 8)
    for (let n = 0; n < FRAME; n++) {
      const angle = (2 * Math.PI * this.#tone * (number * FRAME + n)) / RATE
      packet[HEADER + n] = muLaw(LOUDNESS * Math.sin(angle))
    }
    return packet
  }
}

const ANSWERS = { sendonly: 'recvonly', recvonly: 'sendonly', inactive: 'inactive' }

function direction({ sdp }) {
  return /^a=(sendrecv|sendonly|recvonly|inactive)/m.exec(sdp)?.[1] ?? 'sendrecv'
}

// One sample, full scale at 1, as ITU-T G.711 has it.
function muLaw(sample) {
  const magnitude = Math.min(Math.round(Math.abs(sample) * 32768), 32635) + 132
  const exponent = Math.floor(Math.log2(magnitude)) - 7
  const mantissa = (magnitude >> (exponent + 3)) & 0x0f
  return ~((sample < 0 ? 0x80 : 0) | (exponent << 4) | mantissa) & 0xff
}
