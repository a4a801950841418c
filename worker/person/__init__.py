"""Who is in a photo: faces, landmarks, pose and outline. Networks inside, plain arrays out."""
