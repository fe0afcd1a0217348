# Applied once by an administrator in the account of each environment: the bucket of Terraform's state,
# and the roles that GitHub's workflows assume.
terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.66"
    }
  }

  backend "s3" {}
}

provider "aws" {
  region = var.region
}

data "aws_caller_identity" "this" {}

locals {
  account = data.aws_caller_identity.this.account_id
  name    = "taar-${var.environment}"
}

module "state" {
  source = "../modules/bucket"

  name = "${local.name}-terraform-${local.account}"
}

resource "aws_s3_bucket_versioning" "state" {
  bucket = module.state.name

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "state" {
  bucket = aws_s3_bucket_versioning.state.bucket

  rule {
    id     = "old-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = 90
    }
  }
}
