resource "aws_ecr_repository" "this" {
  for_each = var.services

  name                 = "${var.name}/${each.key}"
  image_tag_mutability = "IMMUTABLE"
  force_delete         = var.force_destroy

  image_scanning_configuration {
    scan_on_push = true
  }
}

resource "aws_ecr_lifecycle_policy" "this" {
  for_each = aws_ecr_repository.this

  repository = each.value.name

  # An image counts as three: its index, the image, and its attestations.
  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "Keep the images of the last fifty releases"
      selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 150 }
      action       = { type = "expire" }
    }]
  })
}
