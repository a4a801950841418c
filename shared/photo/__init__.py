"""JPEG and PNG files to upright 8-bit sRGB pixels."""
