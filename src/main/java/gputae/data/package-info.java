/**
 * Data as people have them: data sets of images, point clouds, distance matrices, arrays, tables. Each format is read
 * or refused with one line that names the file.
 */
package gputae.data;
