#version 330 core
in vec4 shade;
in float across;

uniform float width;
uniform float alpha;

out vec4 pixel;

void main() {
  float cover = clamp(0.5 * width - abs(across) + 0.5, 0.0, 1.0);
  pixel = vec4(shade.rgb, shade.a * alpha * cover);
  if (pixel.a <= 0.0) {
    discard;
  }
}
