package gputae.backend.cuda;

import gputae.backend.Backend;
import gputae.backend.BackendContract;
import gputae.selftest.SelfTest;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/**
 * The contract on the CUDA backend over the host runner, with threads and blocks in random order, and in the thorough
 * tests in every order. Large trees are only in the thorough tests. In random order, layers are computed in both ways:
 * with our own products and with the driver's.
 */
class HostRunnerContractTest {

  @Tag("orders")
  @Nested
  class Forward extends BackendContract {
    @Override
    protected Backend open() {
      return HostRunners.backend(HostRunner.Order.FORWARD);
    }

    @Override
    protected Set<String> onlyThorough() {
      return Set.of(SelfTest.LARGE_TREES);
    }
  }

  @Tag("orders")
  @Nested
  class Backward extends BackendContract {
    @Override
    protected Backend open() {
      return HostRunners.backend(HostRunner.Order.BACKWARD);
    }

    @Override
    protected Set<String> onlyThorough() {
      return Set.of(SelfTest.LARGE_TREES);
    }
  }

  @Nested
  class RandomOrder extends BackendContract {
    @Override
    protected Backend open() {
      return HostRunners.backend(HostRunner.Order.RANDOM);
    }

    /** A single layer is computed in one of two ways. {@link Own} and {@link Cublas} test both ways in this order. */
    @Override
    protected boolean concerns(String operation) {
      return !Set.of("dense", "activations", "dense backward", "dense chain").contains(operation);
    }

    @Override
    protected Set<String> onlyThorough() {
      return Set.of(SelfTest.LARGE_TREES);
    }
  }

  /** Dense layers whose products are always computed in one way, for any number of rows. */
  abstract static class Layers extends BackendContract {
    private final Products products;
    private final HostRunner.Order order;

    Layers(Products products, HostRunner.Order order) {
      this.products = products;
      this.order = order;
    }

    @Override
    protected Backend open() {
      return new CudaBackend(AliasedLaunches.refusedBy(HostRunners.driver(order)), products);
    }

    @Override
    protected boolean concerns(String operation) {
      return Set
          .of("dense", "activations", "dense backward", "dense chain", "same calls again", "recorded and replayed",
              SelfTest.EQUAL_ROWS)
          .contains(operation);
    }
  }

  /** Every call is waited for, as with GPU_TAE_DEBUG. */
  @Nested
  class Checked extends BackendContract {
    @Override
    protected Backend open() {
      return new CudaBackend(HostRunners.driver(HostRunner.Order.RANDOM), Products.CUBLAS, true, AllPairs.MOST_WORK);
    }

    @Override
    protected boolean concerns(String operation) {
      return Set.of("dense backward", "dense chain", "same calls again", "recorded and replayed").contains(operation);
    }
  }

  @Nested
  class Own extends Layers {
    Own() {
      super(Products.OWN, HostRunner.Order.RANDOM);
    }
  }

  @Tag("thorough")
  @Nested
  class OwnForward extends Layers {
    OwnForward() {
      super(Products.OWN, HostRunner.Order.FORWARD);
    }
  }

  @Tag("thorough")
  @Nested
  class OwnBackward extends Layers {
    OwnBackward() {
      super(Products.OWN, HostRunner.Order.BACKWARD);
    }
  }

  @Nested
  class Cublas extends Layers {
    Cublas() {
      super(Products.CUBLAS, HostRunner.Order.RANDOM);
    }
  }

  @Tag("thorough")
  @Nested
  class CublasForward extends Layers {
    CublasForward() {
      super(Products.CUBLAS, HostRunner.Order.FORWARD);
    }
  }

  @Tag("thorough")
  @Nested
  class CublasBackward extends Layers {
    CublasBackward() {
      super(Products.CUBLAS, HostRunner.Order.BACKWARD);
    }
  }
}
