/**
 * Which device computes: a choice by name, and the backend that it opens.
 */
package gputae.device;
