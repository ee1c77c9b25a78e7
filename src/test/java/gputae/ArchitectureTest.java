package gputae;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Which package may import which. The table has a line for each package, with the packages whose classes it uses.
 */
class ArchitectureTest {

  private static final JavaClasses PROGRAM =
      new ClassFileImporter().withImportOption(new ImportOption.DoNotIncludeTests()).importPackages("gputae");

  private static final String TABLE = """
      gputae           | cli console
      backend          |
      backend.cpu      | backend
      backend.cuda     | backend
      cli              | backend backend.cpu backend.cuda console data device evaluate figure files homology linear
                         model objective paper report run selftest study text train view
      console          | files objective text train
      data             | files linear
      density          | backend linear
      device           | backend backend.cpu backend.cuda
      evaluate         | backend data homology linear model
      figure           | backend data files homology linear objective text train
      files            |
      homology         | backend linear
      linear           |
      model            | backend data files linear text
      objective        | backend
      paper            | backend data device evaluate figure files model report run text train
      report           | evaluate files objective text train
      run              | backend console data density device evaluate figure files homology linear model objective
                         report text train
      selftest         | backend homology linear
      study            | backend data evaluate figure files homology linear objective report run text train
      text             |
      train            | backend data homology model objective
      view             | backend data model train
      view.lwjgl       | backend data figure files homology linear model objective text train view
      """;

  /** By package, the packages it may import beside itself. */
  private static Map<String, List<String>> table() {
    Map<String, List<String>> table = new LinkedHashMap<>();
    for (String line : TABLE.replaceAll("\\n {10,}", " ").lines().toList()) {
      String[] columns = line.split("\\|");
      table.put(full(columns[0].strip()),
          Arrays.stream(columns.length < 2 ? new String[0] : columns[1].strip().split(" +"))
              .map(ArchitectureTest::full).toList());
    }
    return table;
  }

  private static String full(String room) {
    return room.equals("gputae") ? room : "gputae." + room;
  }

  @Test
  void packagesImportOnlyWhatTheyMay() {
    table().forEach((name, imports) -> {
      String[] allowed = Stream.concat(Stream.of(name), imports.stream()).toArray(String[]::new);
      DescribedPredicate<JavaClass> foreign = resideInAPackage("gputae..")
          .and(DescribedPredicate.not(JavaClass.Predicates.resideInAnyPackage(allowed)));
      noClasses().that().resideInAPackage(name).should().dependOnClassesThat(foreign).check(PROGRAM);
    });
  }

  /** A permission that no code uses would hide its first use. */
  @Test
  void everyPermissionIsUsed() {
    Map<String, Set<String>> used = new HashMap<>();
    for (JavaClass each : PROGRAM) {
      for (Dependency dependency : each.getDirectDependenciesFromSelf()) {
        used.computeIfAbsent(each.getPackageName(), name -> new HashSet<>())
            .add(dependency.getTargetClass().getBaseComponentType().getPackageName());
      }
    }
    table().forEach((name, imports) -> {
      List<String> idle = new ArrayList<>(imports);
      idle.removeAll(used.getOrDefault(name, Set.of()));
      assertEquals(List.of(), idle, name + " does not use what it may");
    });
  }

  @Test
  void everyPackageIsInTheTable() {
    classes().should().resideInAnyPackage(table().keySet().toArray(String[]::new)).check(PROGRAM);
  }

  @Test
  void nobodyImportsTheCommandLine() {
    noClasses().that().resideOutsideOfPackages("gputae", "gputae.cli").should().dependOnClassesThat()
        .resideInAPackage("gputae.cli").check(PROGRAM);
    noClasses().that().resideOutsideOfPackage("gputae.cli").should().dependOnClassesThat()
        .resideInAPackage("picocli..").check(PROGRAM);
  }

  @Test
  void thereAreNoCycles() {
    slices().matching("gputae.(*)..").should().beFreeOfCycles().check(PROGRAM);
  }

  @Test
  void onlyTheWindowTouchesLwjgl() {
    noClasses().that().resideOutsideOfPackage("gputae.view.lwjgl").should().dependOnClassesThat()
        .resideInAPackage("org.lwjgl..").check(PROGRAM);
    noClasses().that().resideOutsideOfPackage("gputae.view.lwjgl").should().dependOnClassesThat()
        .resideInAPackage("gputae.view.lwjgl..").check(PROGRAM);
  }

  @Test
  void onlyFiguresAndTheWindowDraw() {
    noClasses().that().resideOutsideOfPackages("gputae.figure", "gputae.data", "gputae.view.lwjgl").should()
        .dependOnClassesThat().resideInAnyPackage("java.awt..", "javax.swing..")
        .check(PROGRAM);
  }

  @Test
  void nativesAreReachedFromTheBackendAlone() {
    noClasses().that().resideOutsideOfPackage("gputae.backend.cuda").should().dependOnClassesThat()
        .haveFullyQualifiedName("gputae.backend.cuda.HostRunnerNative").check(PROGRAM);
    noClasses().that().resideOutsideOfPackage("gputae.backend.cuda").should().dependOnClassesThat()
        .resideInAPackage("jcuda..").check(PROGRAM);
    noClasses().that().resideOutsideOfPackage("gputae.backend.cpu").should().dependOnClassesThat()
        .haveFullyQualifiedName("gputae.backend.cpu.Native").check(PROGRAM);
  }
}
