package gputae.bench;

import gputae.backend.AdamRates;
import gputae.backend.Backend;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import gputae.model.Architecture;
import gputae.model.ParameterLayout;
import gputae.selftest.Reference;
import java.util.List;
import java.util.Random;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;

/**
 * A step of Adam over all parameters of the paper's network 784-64-64-latent and back: parameters, gradient and both
 * moments (1, count). The operation sets the gradient to 0, so only the first repetition has a gradient; the arithmetic
 * is the same. The check compares parameters and moments after an invocation with results in double.
 */
public class AdamStep extends DeviceBenchmark {

  private static final int REPEATS = 64;
  private static final AdamRates RATES = AdamRates.of(3e-4);

  /** The number of the step; at this number 1 - beta^t still matters. */
  private static final long STEP = 100;

  @Param("2")
  public int latent;

  private float[] p;
  private float[] g;
  private float[] m;
  private float[] v;
  private Matrix parameters; // (1, count), like the three after it
  private Matrix gradient;
  private Matrix firstMoment;
  private Matrix secondMoment;
  private Matrix step; // int64 (1, 1)
  private Matrix rates;

  public AdamStep() {
    super(REPEATS);
  }

  @Override
  void prepare(Backend backend) {
    int count = new ParameterLayout(new Architecture(784, List.of(64, 64), latent, false)).size();
    Random random = new Random(8);
    p = Reference.gaussian(random, count, 1);
    g = Reference.gaussian(random, count, 1);
    m = Reference.gaussian(random, count, 1);
    v = new float[count];
    for (int i = 0; i < count; i++) {
      v[i] = 0.01f + random.nextFloat();
    }
    parameters = backend.allocate(1, count).upload(p);
    gradient = backend.allocate(1, count).upload(g);
    firstMoment = backend.allocate(1, count).upload(m);
    secondMoment = backend.allocate(1, count).upload(v);
    step = backend.allocate(ElementType.INT64, 1, 1).upload(new long[] {STEP});
    rates = RATES.on(backend);
  }

  @Override
  void enqueue(Backend backend) {
    backend.adam(parameters, gradient, firstMoment, secondMoment, step, rates);
  }

  @Override
  void check() {
    float[] foundP = parameters.toFloats();
    float[] foundM = firstMoment.toFloats();
    float[] foundV = secondMoment.toFloats();
    float[] left = gradient.toFloats();
    double correction1 = 1 - Math.pow(RATES.beta1(), STEP);
    double correction2 = 1 - Math.pow(RATES.beta2(), STEP);
    for (int i = 0; i < p.length; i++) {
      double parameter = p[i];
      double first = m[i];
      double second = v[i];
      double firstSize = Math.abs(first);
      double changes = 0;
      for (int t = 0; t < REPEATS; t++) {
        double slope = t == 0 ? g[i] : 0;
        first = RATES.beta1() * first + (1 - RATES.beta1()) * slope;
        firstSize = RATES.beta1() * firstSize + (1 - RATES.beta1()) * Math.abs(slope);
        second = RATES.beta2() * second + (1 - RATES.beta2()) * slope * slope;
        double change = RATES.rate() * (first / correction1) / (Math.sqrt(second / correction2) + RATES.epsilon());
        parameter -= change;
        changes += RATES.rate() * firstSize / Math.sqrt(second);
      }
      // A repetition rounds the parameter once and each moment a few times. As the change is almost constant, all
      // roundings may have the same sign.
      Answer.close("parameter", i, parameter, foundP[i], REPEATS, Math.abs(p[i]) + changes);
      Answer.close("first moment", i, first, foundM[i], 4 * REPEATS, firstSize);
      Answer.close("second moment", i, second, foundV[i], 4 * REPEATS, second);
      Answer.same("gradient that is left", i, 0, left[i]);
    }
  }

  @Benchmark
  @OperationsPerInvocation(REPEATS)
  public void time(DeviceTime time) {
    measure(time);
  }
}
