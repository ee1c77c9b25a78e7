// GUDHI's H0 behind one C function, for a Python that GUDHI has no package for (torch_engines.py loads it through
// ctypes).
//   g++ -std=c++17 -O3 -DNDEBUG -shared -fPIC -static-libstdc++ -static-libgcc -o libgudhi_h0.so gudhi_h0.cpp
// (Debian: libgudhi-dev)
// The calls are those of gudhi.RipsComplex(points).create_simplex_tree(1), compute_persistence() and
// flag_persistence_generators()[0] in Python, without Python's conversions.
#include <iostream>  // GUDHI 3.7's headers use it without including it

#include <gudhi/Persistent_cohomology.h>
#include <gudhi/Rips_complex.h>
#include <gudhi/Simplex_tree.h>
#include <gudhi/distance_functions.h>

#include <cstdint>
#include <limits>
#include <vector>

#ifndef GUDHI_H0_VERSION
#define GUDHI_H0_VERSION "of unknown version"
#endif

extern "C" const char* gudhi_h0_version() { return GUDHI_H0_VERSION; }

// points: n x d, row-major. edges: room for n - 1 pairs; returns how many were written (edges of zero length end no
// class that lived).
extern "C" int gudhi_h0(const double* points, int n, int d, int64_t* edges) {
  using Tree = Gudhi::Simplex_tree<Gudhi::Simplex_tree_options_fast_persistence>;
  using Field = Gudhi::persistent_cohomology::Field_Zp;
  std::vector<std::vector<double>> cloud(n);
  for (int i = 0; i < n; i++) cloud[i].assign(points + int64_t{i} * d, points + int64_t{i + 1} * d);
  Gudhi::rips_complex::Rips_complex<Tree::Filtration_value> rips(cloud, std::numeric_limits<double>::infinity(),
                                                                 Gudhi::Euclidean_distance());
  Tree tree;
  rips.create_complex(tree, 1);
  Gudhi::persistent_cohomology::Persistent_cohomology<Tree, Field> persistence(tree);
  persistence.init_coefficients(11);  // as Python's default
  persistence.compute_persistent_cohomology(0);
  int count = 0;
  for (const auto& pair : persistence.get_persistent_pairs()) {
    const auto birth = std::get<0>(pair), death = std::get<1>(pair);
    if (death == tree.null_simplex() || tree.dimension(birth) != 0) continue;
    for (const auto vertex : tree.simplex_vertex_range(death)) edges[count++] = vertex;
  }
  return count / 2;
}
