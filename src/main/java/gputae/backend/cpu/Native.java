package gputae.backend.cpu;

/**
 * The functions of native/cpu/jni.cpp. They take addresses, sizes in elements (bytes where stated), and a context that
 * holds the instruction set and the number of threads. They check nothing; {@link CpuBackend} does.
 */
final class Native {

  private Native() {}

  static native int bestInstructionSet();

  static native long createContext(int instructionSet, int threads);

  static native void freeContext(long context);

  static native int capOneDnn(int instructionSet);

  static native String oneDnnVersion();

  static native int effectiveOneDnnInstructionSet();

  static native boolean isTerminal(int descriptor);

  static native long allocate(long bytes);

  static native void free(long address);

  static native void copy(long from, long to, long bytes);

  static native void clear(long address, long bytes);

  static native void upload(Object array, long offsetBytes, long to, long bytes);

  static native void download(long from, Object array, long offsetBytes, long bytes);

  static native void gather(long context, long images, long order, long step, long batch, long stepsPerEpoch, long rows,
      long p, long x);

  static native void gatherFloats(long context, long samples, long order, long step, long batch, long stepsPerEpoch,
      long rows, long p, long x);

  static native void dense(long context, long x, long w, long b, int activation, long before, long y, long rows,
      long in, long out);

  static native int denseBackward(
      long context, long x, long w, long kept, int activation, long dy, long dw, long db, long dx, long rows, long in,
      long out);

  static native void batchNorm(long context, long x, long scale, long shift, int activation, long runningMean,
      long runningVariance, long count, long batch, long before, long y, long rows, long c);

  static native void batchNormBackward(long context, long x, long scale, long batch, long kept, int activation,
      long dscale, long dshift, long dy, long rows, long c);

  static native void batchNormRunning(long context, long scale, long shift, long runningMean, long runningVariance,
      int activation, long y, long rows, long c);

  static native void sigmoid(long context, long logits, long probability, long count);

  static native void sigmoidCrossEntropy(long context, long logits, long target, long gradient, long loss, long rowSums,
      long rows, long p);

  static native void squaredError(long context, long outputs, long target, long gradient, long loss, long rowSums,
      long rows, long p);

  static native void ballPenalty(long context, long z, int penalty, long weight, long gradient, long loss, long rows,
      long d);

  static native void maximumMeanDiscrepancy(long context, long z, long prior, float square, long weight, long gradient,
      long loss, long work, long n, long d);

  static native int squaredDistances(long context, long x, long out, long n, long d);

  static native int spanningTree(long context, long x, long edges, long lengths, long n, long d);

  static native void deathTimes(
      long context, long z, long edges, long lengths, float degree, float maxEdge, long weight, long gradient,
      long loss, long n, long d);

  static native void edgeLengths(long context, long x, long edges, long lengths, long count, long d);

  static native void largest(long context, long values, long out, long count);

  static native void keepLongest(long context, long edges, long lengths, long most, long out, long count);

  static native void edgeStress(long context, long z, long edges, long lengths, long targets, long targetSquare,
      long scale, long weight, long gradient, long scaleGradient, long loss, long count, long n, long d);

  static native void labelledCloud(long context, long z, long classes, float spacing, long out, long n, long d, long c);

  static native void keepIterate(long context, long point, long step, long size, long window, long iterates,
      long distances);

  static native void phDimension(long context, long distances, long step, long seed, int stream, long window,
      long coefficients, long value);

  static native void pullNewest(long context, long iterates, long coefficients, long step, long weight, long size,
      long window, long gradient);

  static native void add(long context, long term, long sum, long count);

  static native void reparameterise(long context, long statistics, long noise, long z, long rows, long d);

  static native void reparameteriseBackward(
      long context, long statistics, long noise, long dz, long pixels, long dStatistics, long loss, long rows, long d);

  static native void adam(
      long context, long parameters, long gradient, long first, long second, long step, long rates,
      long count);

  static native void normals(long context, long out, long count, long seed, int stream, long step);

  static native void uniformBall(long context, long out, long rows, long d, long seed, int stream, long step);

  static native void endStep(long context, long losses, long log, long logRows, long width, long step);
}
