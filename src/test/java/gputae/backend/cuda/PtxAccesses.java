package gputae.backend.cuda;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a kernel uses the device memory that its parameters point to, as its PTX says. nvcc reads memory through the
 * non-coherent path ({@code ld.global.nc}) if a parameter is {@code const __restrict__}, or if the source says
 * {@code __ldg}. What is read this way must not be written during the launch: the path's cache does not see the write
 * (PTX ISA, "ld.global.nc").
 *
 * @param nonCoherent numbers of the parameters that are read through the non-coherent path
 * @param written     numbers of the parameters that are written, by stores or by atomic operations
 */
record PtxAccesses(SortedSet<Integer> nonCoherent, SortedSet<Integer> written) {

  private static final Pattern ENTRY = Pattern.compile("\\.visible \\.entry (\\w+)\\(");
  private static final Pattern INSTRUCTION = Pattern.compile("(?:@!?%p\\d+ )?([a-z]+)([.\\w:]*)\\s+(.*);");
  private static final Pattern PARAMETER = Pattern.compile("(%rd\\d+), \\[\\w+_param_(\\d+)]");
  private static final Pattern REGISTER = Pattern.compile("%[a-z]+\\d+");
  private static final Pattern ADDRESS = Pattern.compile("\\[(%rd\\d+)(?:\\+-?\\d+)?]");

  /** What an instruction cannot carry from its operands to its result is an address. */
  private static final Set<String> NO_ADDRESS = Set.of("setp", "bra", "bar", "ret", "call", "ld");

  /**
   * The accesses of each kernel.
   *
   * @param types for each kernel the types of its parameters, as in {@link Arguments#types}
   */
  static Map<String, PtxAccesses> of(String ptx, Map<String, String> types) {
    Map<String, List<String>> bodies = new TreeMap<>();
    List<String> body = null;
    for (String line : ptx.lines().map(String::strip).toList()) {
      Matcher entry = ENTRY.matcher(line);
      if (entry.lookingAt()) {
        body = new ArrayList<>();
        bodies.put(entry.group(1), body);
      } else if (line.startsWith(".func")) {
        body = null;
      } else if (body != null) {
        body.add(line);
      }
    }
    Map<String, PtxAccesses> found = new TreeMap<>();
    bodies.forEach((kernel, lines) -> found.put(kernel, ofKernel(kernel, lines, types.get(kernel))));
    return found;
  }

  private static PtxAccesses ofKernel(String kernel, List<String> lines, String types) {
    // For each register the parameters from which its value may come. The order of the instructions does not count.
    Map<String, Set<Integer>> origins = new HashMap<>();
    List<List<String>> flows = new ArrayList<>();
    Map<String, String> nonCoherent = new HashMap<>();
    Map<String, String> written = new HashMap<>();
    for (String line : lines) {
      Matcher instruction = INSTRUCTION.matcher(line);
      if (!instruction.matches()) {
        continue;
      }
      String name = instruction.group(1);
      String kind = instruction.group(2);
      String operands = instruction.group(3);
      Matcher parameter = PARAMETER.matcher(operands);
      if (name.equals("ld") && kind.startsWith(".param") && parameter.matches()) {
        int number = Integer.parseInt(parameter.group(2));
        if (types.charAt(number) == 'p') {
          origins.computeIfAbsent(parameter.group(1), key -> new HashSet<>()).add(number);
        }
      } else if (kind.matches("\\.(param|shared|local)\\b.*")) {
        continue;
      } else if (Set.of("ld", "st", "atom", "red").contains(name)) {
        Matcher address = ADDRESS.matcher(operands);
        if (!address.find()) {
          throw new IllegalArgumentException(kernel + ": no address in '" + line + "'");
        }
        if (!name.equals("ld")) {
          written.put(address.group(1), line);
        } else if (kind.contains(".nc")) {
          nonCoherent.put(address.group(1), line);
        }
      } else if (!NO_ADDRESS.contains(name)) {
        // The result comes first. A predicate is no address.
        List<String> registers = REGISTER.matcher(operands).results().map(result -> result.group()).toList();
        flows.add(registers.stream().filter(register -> !register.matches("%p\\d+")).toList());
      }
    }
    boolean more = true;
    while (more) {
      more = false;
      for (List<String> flow : flows) {
        for (int i = 1; i < flow.size(); i++) {
          more |= origins.computeIfAbsent(flow.get(0), key -> new HashSet<>())
              .addAll(Set.copyOf(origins.getOrDefault(flow.get(i), Set.of())));
        }
      }
    }
    return new PtxAccesses(parameters(kernel, nonCoherent, origins), parameters(kernel, written, origins));
  }

  private static SortedSet<Integer> parameters(String kernel, Map<String, String> addresses,
      Map<String, Set<Integer>> origins) {
    SortedSet<Integer> parameters = new TreeSet<>();
    addresses.forEach((register, line) -> {
      Set<Integer> from = origins.getOrDefault(register, Set.of());
      if (from.isEmpty()) {
        throw new IllegalArgumentException(kernel + ": the address in '" + line + "' comes from no parameter");
      }
      parameters.addAll(from);
    });
    return parameters;
  }
}
