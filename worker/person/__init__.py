"""Who is in a photo: faces, landmarks, pose and outline. Networks inside, plain arrays out.

`worker.person.finder.PersonFinder` is the entry.
"""
