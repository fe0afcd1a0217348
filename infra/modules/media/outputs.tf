output "bucket" {
  value = module.bucket.name
}

output "bucket_arn" {
  value = module.bucket.arn
}

output "distribution_id" {
  value = aws_cloudfront_distribution.this.id
}

output "certificate_arn" {
  value = aws_acm_certificate.this.arn
}

# By the name in public_keys: a signed link carries the id of the key that signed it.
output "key_ids" {
  value = { for name, key in aws_cloudfront_public_key.this : name => key.id }
}
