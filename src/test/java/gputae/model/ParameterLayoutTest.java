package gputae.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.Activation;
import gputae.backend.Output;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ParameterLayoutTest {

  /** The decoder's part has its weights, and neither the encoder's, nor scalars, nor running statistics. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void thePartOfAChainHasItsTrainedTensorsAlone(boolean norm) {
    HiddenLayers hidden = new HiddenLayers(List.of(5, 4), List.of(4, 5), Activation.ELU, norm);
    ParameterLayout layout = new ParameterLayout(
        new Architecture(9, hidden, 2, false, List.of("signature.scale"), Output.GAUSSIAN));
    for (String chain : List.of("encoder", "decoder")) {
      ParameterLayout.Part part = layout.part(chain);
      assertTrue(part.first() + part.count() <= layout.trained(), chain);
      for (ParameterLayout.Tensor tensor : layout.tensors()) {
        boolean inside = tensor.offset() >= part.first() && tensor.offset() < part.first() + part.count();
        assertEquals(tensor.name().startsWith(chain + ".") && tensor.offset() < layout.trained(), inside,
            tensor.name());
        assertTrue(!inside || tensor.offset() + tensor.size() <= part.first() + part.count(), tensor.name());
      }
    }
  }
}
