/**
 * The backend for CPUs: C++ code of {@code native/} and oneDNN, called through JNI. The libraries are unpacked from the
 * jar.
 */
package gputae.backend.cpu;
