package gputae.backend;

/**
 * A dense row-major matrix in a backend's memory. One allocation has one owner: closing the matrix that
 * {@link Backend#allocate} returned frees it, closing a view does nothing, and a second close does nothing. Using a
 * closed matrix, or a view of one, throws {@link IllegalStateException}.
 */
public final class Matrix implements AutoCloseable {

  private final Backend backend;
  private final Matrix owner;
  private final ElementType type;
  private final long address;
  private final long rows;
  private final long columns;
  private boolean closed;

  /** For backends: a matrix that owns a new allocation. */
  public Matrix(Backend backend, ElementType type, long address, long rows, long columns) {
    this.backend = backend;
    this.owner = null;
    this.type = type;
    this.address = address;
    this.rows = rows;
    this.columns = columns;
  }

  private Matrix(Matrix owner, long address, long rows, long columns) {
    this.backend = owner.backend;
    this.owner = owner;
    this.type = owner.type;
    this.address = address;
    this.rows = rows;
    this.columns = columns;
  }

  public Backend backend() {
    return backend;
  }

  public ElementType type() {
    return type;
  }

  public long rows() {
    return rows;
  }

  public long columns() {
    return columns;
  }

  /** Number of elements: rows x columns. */
  public long size() {
    return rows * columns;
  }

  /** The first element's address in the backend's memory. */
  public long address() {
    if (closed || owner != null && owner.closed) {
      throw new IllegalStateException("the matrix is closed");
    }
    return address;
  }

  /** The same memory as a matrix (rows, columns) that starts {@code offset} elements into this one. */
  public Matrix view(long offset, long rows, long columns) {
    if (offset < 0 || rows < 0 || columns < 0 || offset + Math.multiplyExact(rows, columns) > size()) {
      throw new IllegalArgumentException("a view of " + rows + " x " + columns + " at " + offset
          + " does not lie in a matrix of " + this.rows + " x " + this.columns);
    }
    return new Matrix(owner == null ? this : owner, address() + offset * type.bytes(), rows, columns);
  }

  /** The first {@code count} rows. */
  public Matrix firstRows(long count) {
    return view(0, count, columns);
  }

  /** Copies the whole matrix from an array of the same length. */
  public Matrix upload(float[] values) {
    backend.upload(values, 0, this);
    return this;
  }

  public Matrix upload(int[] values) {
    backend.upload(values, 0, this);
    return this;
  }

  public Matrix upload(byte[] values) {
    backend.upload(values, 0, this);
    return this;
  }

  public Matrix upload(long[] values) {
    backend.upload(values, 0, this);
    return this;
  }

  public Matrix upload(double[] values) {
    backend.upload(values, 0, this);
    return this;
  }

  /** A copy of a float32 matrix, made when all work enqueued before is done. */
  public float[] toFloats() {
    float[] values = new float[Math.toIntExact(size())];
    backend.download(this, values, 0);
    return values;
  }

  /** A copy of an int32 matrix. */
  public int[] toInts() {
    int[] values = new int[Math.toIntExact(size())];
    backend.download(this, values, 0);
    return values;
  }

  /** A copy of an int64 matrix. */
  public long[] toLongs() {
    long[] values = new long[Math.toIntExact(size())];
    backend.download(this, values, 0);
    return values;
  }

  @Override
  public void close() {
    if (owner == null && !closed) {
      backend.free(this, address);
      closed = true;
    }
  }

  @Override
  public String toString() {
    return type + " " + rows + " x " + columns;
  }
}
