// Replaces oneDNN and libgomp when the operations run under a sanitizer. oneDNN writes its machine code at run time,
// and libgomp synchronises with bare futexes, so the sanitizers see neither of them. With these loops AddressSanitizer
// checks every element that the dense layers ask for, and ThreadSanitizer checks which thread wrote it.
#include <oneapi/dnnl/dnnl.h>

// C (m, n) = alpha op(A) (m, k) op(B) (k, n) + beta C, row-major. If beta is 0, C is not read.
extern "C" dnnl_status_t dnnl_sgemm(char transa, char transb, dnnl_dim_t m, dnnl_dim_t n, dnnl_dim_t k, float alpha,
                                    const float* a, dnnl_dim_t lda, const float* b, dnnl_dim_t ldb, float beta,
                                    float* c, dnnl_dim_t ldc) {
  for (dnnl_dim_t i = 0; i < m; i++) {
    for (dnnl_dim_t j = 0; j < n; j++) {
      float sum = 0;
      for (dnnl_dim_t l = 0; l < k; l++)
        sum += (transa == 'T' ? a[l * lda + i] : a[i * lda + l]) * (transb == 'T' ? b[j * ldb + l] : b[l * ldb + j]);
      c[i * ldc + j] = alpha * sum + (beta == 0 ? 0 : beta * c[i * ldc + j]);
    }
  }
  return dnnl_success;
}

extern "C" dnnl_status_t dnnl_set_max_cpu_isa(dnnl_cpu_isa_t) { return dnnl_success; }

extern "C" void omp_set_num_threads(int) {}
