output "bucket" {
  value = aws_s3_bucket.this.bucket
}

output "bucket_arn" {
  value = aws_s3_bucket.this.arn
}

output "distribution_arn" {
  value = aws_cloudfront_distribution.this.arn
}

# By the name it was given, so that whoever signs can say which key it signs with.
output "key_ids" {
  value = { for name, key in aws_cloudfront_public_key.this : name => key.id }
}
