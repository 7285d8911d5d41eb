"""The largest fleet that was seen, and the most that a call may hold."""

import json
import unittest

import stubs
from stack import SUCCESS, StackTest, sha256

FLEET = 27_682
MOST = 50_000
PAGE = 500


def body_of(action, cids):
    """The very bytes that the action service documents: JSON as Python writes it."""
    return json.dumps({"action": action, "cids": cids}, ensure_ascii=False).encode()


class LargeCallTest(StackTest):

    def customers(self, job_id):
        cids, token = [], ""
        while True:
            page = self.stack.jobs.ListJobCustomers(stubs.ledger.ListJobCustomersRequest(
                job_id=job_id, page_size=PAGE, page_token=token))
            self.assertLessEqual(len(page.cids), PAGE)
            cids += page.cids
            token = page.next_page_token
            if not token:
                return cids, page.total_size

    def check(self, cids):
        jobs_before = self.stack.job_count()
        job = self.stack.set_action(action="pe-FINALIZE", cids=cids).job
        self.assertEqual((job.status, job.customer_count), (SUCCESS, len(cids)))
        self.assertEqual(self.stack.job_count(), jobs_before + 1)
        self.assertEqual(self.customers(job.job_id), (cids, len(cids)))
        hit, = self.stack.hits(cids[0])
        self.assertEqual((hit["action"], hit["cid_count"]), ("pe-FINALIZE", len(cids)))
        body = body_of("pe-FINALIZE", cids)
        self.assertEqual((hit["body_bytes"], hit["body_sha256"]), (len(body), sha256(body)))

    def test_the_largest_fleet_seen(self):
        sha_like = [sha256(str(number).encode())[:32] for number in range(FLEET - 300)]
        self.check(sha_like + [str(1_000_000 + number) for number in range(300)])

    def test_the_most_that_is_allowed(self):
        self.check([f"{number:06d}" + "x" * 122 for number in range(MOST)])

    def test_names_that_JSON_must_escape(self):
        self.check(['with "quotes"', "back\\slash", "Zoë", "客户", "😀", "a/b", "</script>"])


if __name__ == "__main__":
    unittest.main()
