// Where the playhead is: a beginning, a speed, and the browser's clock. Nothing is summed up frame by frame, so a frame
// that comes late, or never, shifts nothing; nor does the end, where it begins again.

class Clock {
  constructor(from, to, loops = false, now = () => performance.now()) {
    Object.assign(this, { from, to, loops, now, base: from, since: 0, speed: 1, running: false });
  }

  get at() {
    const at = this.running ? this.base + ((this.now() - this.since) / 1000) * this.speed : this.base;
    const again = this.running && this.loops && this.to > this.from;
    return again ? this.from + ((at - this.from) % (this.to - this.from)) : Math.min(this.to, Math.max(this.from, at));
  }

  get over() {
    return !this.loops && this.at >= this.to;
  }

  seek(at) {
    this.base = Math.min(this.to, Math.max(this.from, at));
    this.since = this.now();
  }

  play() {
    if (this.over) this.base = this.from;
    this.since = this.now();
    this.running = true;
  }

  pause() {
    this.base = this.at;
    this.running = false;
  }

  setSpeed(speed) {
    this.seek(this.at);
    this.speed = speed;
  }
}
