package gputae.objective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import gputae.backend.Backend;
import gputae.backend.BallPenalty;
import gputae.backend.Matrix;
import gputae.backend.cpu.CpuBackend;
import gputae.backend.cpu.InstructionSet;
import gputae.backend.cuda.HostRunner;
import gputae.backend.cuda.HostRunners;
import gputae.linear.FloatPoints;
import gputae.selftest.Clouds;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** The sum of the terms' gradients has their order, also if the device computes some terms in one go. */
class LatentTermsTest {

  private static final int ROWS = 40;

  private static final Term BALL = new Ball(0.3, BallPenalty.NORM);
  private static final Term DEATHS = new Deaths(0.7, 1, Double.POSITIVE_INFINITY);
  private static final Term LANDSCAPE = new Landscape(0.2, 5);

  /** Notes those calls to the backend that concern points and sums. */
  private static Backend noting(Backend backend, List<String> calls) {
    return (Backend) Proxy.newProxyInstance(LatentTermsTest.class.getClassLoader(), new Class<?>[] {Backend.class},
        (proxy, method, arguments) -> {
          if (Set.of("pointLosses", "deathTimes", "add").contains(method.getName())) {
            calls.add(method.getName()
                + (method.getName().equals("pointLosses") ? " " + ((List<?>) arguments[1]).size() : ""));
          }
          try {
            return method.invoke(backend, arguments);
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
        });
  }

  /** The sum of the gradients of these terms, (ROWS, 2), for a batch of less than the most rows. */
  private static float[] gradient(Backend backend, Term... terms) {
    List<Term> all = new ArrayList<>(List.of(terms));
    all.add(new Reconstruction());
    Objective objective = Objective.of(all);
    FloatPoints points = Clouds.draw(Clouds.Kind.UNIFORM, ROWS, 2, new Random(3));
    try (LatentTerms latent = new LatentTerms(backend, objective, ROWS + 5, 3, 2, 4, name -> null);
        Matrix z = backend.allocate(ROWS, 2).upload(points.coordinates());
        Matrix inputs = backend.allocate(ROWS, 3);
        Matrix losses = backend.allocate(1, objective.columns().size())) {
      latent.enqueue(new LatentTerm.Batch(z, inputs, null, null), losses);
      return latent.gradient(ROWS).toFloats();
    }
  }

  private static void check(Supplier<Backend> open) {
    try (Backend backend = open.get()) {
      float[] ball = gradient(backend, BALL);
      float[] deaths = gradient(backend, DEATHS);
      float[] landscape = gradient(backend, LANDSCAPE);
      float[] two = new float[ball.length];
      float[] three = new float[ball.length];
      for (int i = 0; i < two.length; i++) {
        two[i] = ball[i] + deaths[i];
        three[i] = two[i] + landscape[i];
      }
      assertArrayEquals(two, gradient(backend, DEATHS, BALL));
      assertArrayEquals(three, gradient(backend, LANDSCAPE, DEATHS, BALL));
    }
  }

  @Test
  void onTheCpu() {
    check(() -> new CpuBackend(InstructionSet.best(), 1));
  }

  @Test
  void onTheHostRunner() {
    check(() -> HostRunners.backend(HostRunner.Order.FORWARD));
  }

  @Test
  void lossesBeforeAllOtherTermsGoToTheDeviceTogether() {
    try (Backend cpu = new CpuBackend(InstructionSet.best(), 1)) {
      List<String> calls = new ArrayList<>();
      Backend backend = noting(cpu, calls);
      gradient(backend, BALL, DEATHS);
      assertEquals(List.of("pointLosses 2"), calls);
      calls.clear();
      gradient(backend, BALL, DEATHS, LANDSCAPE);
      assertEquals(List.of("pointLosses 2", "deathTimes", "add"), calls);
      calls.clear();
      gradient(backend, LANDSCAPE);
      assertEquals(List.of("deathTimes"), calls);
    }
  }
}
