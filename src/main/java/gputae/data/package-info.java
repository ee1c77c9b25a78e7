/**
 * The data of users: data sets of images, point clouds, distance matrices, arrays, tables. Each file is either read or
 * refused with one line that names the file.
 */
package gputae.data;
