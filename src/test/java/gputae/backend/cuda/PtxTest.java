package gputae.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import jcuda.nvptxcompiler.JNvPTXCompiler;
import jcuda.nvptxcompiler.nvPTXCompileResult;
import jcuda.nvptxcompiler.nvPTXCompilerHandle;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The kernels' PTX serves drivers that cannot use the machine code. This test assembles it with an older compiler than
 * the one that wrote it: NVIDIA's compiler of CUDA 12.6, from JCuda's native libraries. A driver of that age contains
 * this compiler.
 */
class PtxTest {

  @TempDir
  static Path folder;

  @BeforeAll
  static void load() throws IOException {
    assumeTrue(KernelFiles.summary().isPresent(), "this build has no kernels");
    String temporary = System.getProperty("java.io.tmpdir");
    System.setProperty("java.io.tmpdir", Files.createDirectory(folder.resolve("natives")).toString());
    try {
      JNvPTXCompiler.setExceptionsEnabled(false);
    } finally {
      System.setProperty("java.io.tmpdir", temporary);
    }
  }

  private static int assemble(String ptx, String... options) {
    nvPTXCompilerHandle compiler = new nvPTXCompilerHandle();
    byte[] text = (ptx + "\0").getBytes(StandardCharsets.US_ASCII);
    assertEquals(nvPTXCompileResult.NVPTXCOMPILE_SUCCESS,
        JNvPTXCompiler.nvPTXCompilerCreate(compiler, text.length, text));
    try {
      int result = JNvPTXCompiler.nvPTXCompilerCompile(compiler, options.length, options);
      if (result == nvPTXCompileResult.NVPTXCOMPILE_SUCCESS) {
        long[] size = new long[1];
        JNvPTXCompiler.nvPTXCompilerGetCompiledProgramSize(compiler, size);
        byte[] program = new byte[(int) size[0]];
        JNvPTXCompiler.nvPTXCompilerGetCompiledProgram(compiler, program);
        String names = new String(program, StandardCharsets.ISO_8859_1);
        assertTrue(names.contains(".text.boruvka_hook") && names.contains(".text.adam"),
            "the program holds the kernels");
      }
      return result;
    } finally {
      JNvPTXCompiler.nvPTXCompilerDestroy(compiler);
    }
  }

  private static String ptx(int capability) {
    KernelFiles.Ptx ptx = KernelFiles.ptx(capability);
    assumeTrue(ptx.capability() == capability,
        "this build was made without nvcc: it has PTX for sm_" + ptx.capability() + " only");
    return ptx.text();
  }

  @ParameterizedTest
  @CsvSource({"75, 75", "90, 90"})
  void itAssemblesForItsOwnProcessor(int ptx, int processor) {
    assertAssembles(ptx, processor);
  }

  @Tag("thorough")
  @ParameterizedTest
  @CsvSource({"75, 80", "75, 86", "75, 89", "75, 90"})
  void itAssemblesForNewerProcessors(int ptx, int processor) {
    assertAssembles(ptx, processor);
  }

  private static void assertAssembles(int ptx, int processor) {
    assertEquals(nvPTXCompileResult.NVPTXCOMPILE_SUCCESS, assemble(ptx(ptx), "--gpu-name=sm_" + processor));
  }

  @Test
  void whatIsNewerThanTheCompilerIsRefused() {
    assertNotEquals(nvPTXCompileResult.NVPTXCOMPILE_SUCCESS, assemble(ptx(90), "--gpu-name=sm_75"));
    String tooNew = ptx(75).replaceFirst("\\.version \\d+\\.\\d+", ".version 9.0");
    assertEquals(nvPTXCompileResult.NVPTXCOMPILE_ERROR_UNSUPPORTED_PTX_VERSION, assemble(tooNew, "--gpu-name=sm_75"));
  }
}
