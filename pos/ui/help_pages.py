"""What F1 says about a job in words, and the manuals made of the same pages (TRN-04).

A page is written once: F1 on a screen shows it above the screen's keys, and `pos manual` prints a
role's pages in order, so that paper and screen cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pos.i18n import N_
from pos.i18n import gettext as _


@dataclass(frozen=True, slots=True)
class HelpPage:
    """One job in words."""

    title: str
    paragraphs: tuple[str, ...]
    """Each a rule or a step; shown wrapped, with a line between."""

    def texts(self) -> list[str]:
        """Title and paragraphs in the language in use."""
        return [_(self.title), *map(_, self.paragraphs)]


PAGES: Final[dict[str, HelpPage]] = {
    "goods_home": HelpPage(
        N_("The goods home"),
        (
            N_(
                "Type a task's number and Enter, or go down with + and choose with Enter. "
                "What you may not do is shown dim."
            ),
            N_(
                "Below the tasks stand drafts that you can go on with and everything that is "
                "overdue. A draft stays until it is signed by two people or given up: leaving "
                "it for the till, a lock or a power cut loses nothing."
            ),
        ),
    ),
    "goods_daily_sign": HelpPage(
        N_("Pieces at the handover"),
        (
            N_(
                "Who goes and who comes each sign with their own number and PIN what both have "
                "counted: number, Enter, PIN, Enter. The two are never the same person."
            ),
            N_(
                "A difference to the books is kept with its reason and printed on the handover "
                "slip. It keeps nobody from opening the next shift."
            ),
            N_("Back leaves the signature out; the slip then says so."),
        ),
    ),
    "goods_sign": HelpPage(
        N_("Two signatures"),
        (
            N_(
                "Goods that come in or go out are inspected and signed by one person and checked "
                "and signed by another: number, Enter, PIN, Enter. The two are never the same "
                "person."
            ),
            N_(
                "A document with one signature is no acceptance. It raises no stock, is not sent "
                "to head office, and the day cannot be closed while it waits."
            ),
            N_("Whoever changes a line takes both signatures of that line away; sign it again."),
        ),
    ),
    "goods_stock": HelpPage(
        N_("Stock"),
        (
            N_(
                "Scan an item, or search it: what is on hand, what of it is for sale, and what is"
                " held, expired, lent, reserved, to be judged or on its way. The line below says "
                "where the figures come from and how old they are: what another till sold since "
                "then is not in them."
            ),
            N_(
                "Batches stand in the order in which they are to be sold. What is sold without "
                "its batch is taken off the one in front."
            ),
            N_(
                "Enter shows every movement of the item with day, reason, quantity and document, "
                "the latest first; * goes on to older ones. By batch, or by serial number from "
                "the menu, the same for one of them."
            ),
            N_(
                "Nobody types a stock figure. It is the sum of what came in and went out; where "
                "it is wrong, count, and the difference is posted with its reason."
            ),
            N_(
                "The books are open once the opening count is posted. Before that nothing is sold"
                " where the shop's settings want it so, and three days after the first goods it "
                "is late. At each close of the day opening plus in less out must be the closing "
                "figure."
            ),
        ),
    ),
    "goods_report": HelpPage(
        N_("Stock report, and what was earned"),
        (
            N_(
                "For a day or a month, class by class: what was there before, what came in and went "
                "out, what counts and corrections changed, what is left, what that has cost, and for "
                "how many days it lasts at these sales. Enter opens a class and then an item; `.` "
                "prints the page."
            ),
            N_(
                "What was earned is what goods were sold for, less what they had cost when they were "
                "sold, less what was scrapped or found missing."
            ),
            N_(
                "It is this till's books. In a shop with several tills the whole shop's report is at "
                "head office, and the page says so."
            ),
        ),
    ),
    "goods_receive": HelpPage(
        N_("Receiving goods"),
        (
            N_(
                "Choose what you receive: a purchase order, a dispatch or a transfer on its way, a "
                "delivery note without an order, or a blind count. An order shows what is still "
                "open of it. Drafts stand first: choose one to go on with it."
            ),
            N_(
                "By a delivery note without an order, type the note first: scan, quantity, Enter. "
                "Then Enter with nothing typed, and count the goods."
            ),
            N_(
                "Scan, then type how many and Enter. A case counts what is in it: scan one, type "
                "5 Enter, and five cases are counted. The quantity may stand before the scan: "
                "12 * and the scan. + and - count one more or less. With the arrows you choose a "
                "line and type its whole quantity."
            ),
            N_(
                "0 Enter opens no menu while goods are scanned, here and in every list of goods: it "
                "asks whether the marked line is to be 0, and does nothing unless you choose yes. "
                "Esc leaves the list; the functions are on the home."
            ),
            N_(
                "A code that does not scan is typed: eight digits and more are a code. / looks for "
                "goods by name, initials or number."
            ),
            N_(
                "Some of the marked line are broken: type how many and +. 3 + marks three; again "
                "adds to it. . changes it or takes it back, and says everything else of a line: "
                "other reasons, a note for the claim, a box that was not opened."
            ),
            N_(
                "An unknown code rings and stays on a list, with its quantity. Before you sign, say "
                "what each is: Enter, unknown codes. Goods that stay unknown go back, and the claim "
                "names their code and quantity."
            ),
            N_(
                "Goods with serial numbers are scanned unit by unit: a code that names the unit "
                "counts at once; after a plain code, scan or type the number on the unit."
            ),
            N_(
                "On a blind count the ordered quantities are hidden until the inspector has "
                "signed; whoever checks sees them."
            ),
            N_(
                "Enter with nothing typed leads on: check and sign, take the rest as ordered, the "
                "delivery note, unknown codes, leave or give up. Esc leaves; the draft stays."
            ),
        ),
    ),
    "goods_count": HelpPage(
        N_("Counting stock"),
        (
            N_(
                "Go through your area and scan; type how many and Enter. What you type is how many "
                "are there now. The shop goes on selling: each scan knows its moment, and the "
                "books are compared with that moment."
            ),
            N_(
                "Nothing here tells what the books expect. In a count of two passes two people "
                "count everything; only what differs is counted a third time, by name alone."
            ),
            N_(
                "A piece whose tag is wrong (F7) or missing (F8) is described and not counted in; "
                "it goes to the goods department. Where none of the goods is left, choose it and "
                "press . for none, or type 0 Enter and answer yes."
            ),
            N_(
                "Enter with nothing typed ends the area; Esc leaves it as it is. Scans are on disk "
                "at once. What nobody scanned counts as none when the count ends."
            ),
        ),
    ),
    "goods_facts": HelpPage(
        N_("Batch, dates, temperature"),
        (
            N_(
                "Only what the class of the goods asks for and the code did not tell is asked, once "
                "for each line. Type dates as 261130 or 20261130. Where the shelf life is known, "
                "the date of production is enough."
            ),
            N_(
                "Scans wait while you type. Another batch of the same goods: . on the line, another "
                "batch, then scan it."
            ),
            N_(
                "Expired goods, goods outside the range of temperature, without a retail price, "
                "without their papers or outside the licence are counted and cannot be accepted: "
                "they go on the claim by themselves."
            ),
        ),
    ),
    "goods_check": HelpPage(
        N_("Check and sign a receipt"),
        (
            N_(
                "Four numbers stand on every line: on the note, counted, accepted, rejected. Mark "
                "what is not in order with . on the line: damaged or wrong goods, or the point of "
                "the checklist that is a no, and how many. One line may have several reasons; each "
                "has its own line on the claim."
            ),
            N_(
                "Your signature says of all other lines: the boxes were opened (large goods "
                "excepted), quality, maker's name and address, certificate, trademark and origin "
                "are in order, and so are the further points of the class."
            ),
            N_(
                "The delivery note needs its number, the deliverer's name and, where the sender "
                "must seal, the seal. Without the seal the receipt stays a draft."
            ),
            N_(
                "More than was ordered and tolerated is not taken: it goes back. What is short, too "
                "much, damaged, wrong or expired is printed as a claim for the driver to sign; the "
                "good lines are in stock at once."
            ),
            N_(
                "The second signature may come later, within the time that the shop has set, or at "
                "another till, which has the receipt from head office in a minute or from the "
                "shared folder at once. Until then there is no stock, and the "
                "day's close names the receipt."
            ),
            N_(
                "A dispatch from head office prints four copies of its note. The store keeps one; "
                "three go to the goods department within two days. Under Copies of dispatch notes "
                "say when they leave and when they are back."
            ),
        ),
    ),
    "goods_leaving": HelpPage(
        N_("Goods that leave the stock"),
        (
            N_(
                "Goods go back to a supplier or to the goods department, are written off, sent to "
                "another store, lent, or set apart until somebody judges them. Each is a document: "
                "say why and to whom, scan the goods, type how many and Enter."
            ),
            N_(
                "A scan that takes more than the books have says so at once. Such a document can "
                "be signed only when somebody who may adjust stock approves it."
            ),
            N_(
                ". on a line: another reason, its batch, a note, or take it off. Enter with nothing "
                "typed leads to the two signatures. Esc leaves; the draft stays."
            ),
            N_(
                "Goods rejected at receiving were never in stock: choose them by the receipt's "
                "number, and their return moves no stock."
            ),
            N_(
                "A write-off shows what the goods are worth, and its second signature is that of "
                "somebody who may adjust stock. Batches past their date are proposed."
            ),
            N_(
                "Goods sent to another store are on their way until head office says that they "
                "arrived there. What comes from one is received as any delivery."
            ),
        ),
    ),
    "goods_loans": HelpPage(
        N_("Goods lent"),
        (
            N_(
                "Goods are lent on a written application: its number, who borrows, until when, and "
                "who answers for it. The counter head signs first, then the department manager; "
                "only then the goods leave the stock for sale."
            ),
            N_(
                "The ledger shows what is out, what came back, what is left and for how many days. "
                "From day 12 on the loan is reminded of; with more than 15 days out it is overdue."
            ),
            N_(
                "What is overdue and does not come back is charged to a person: two people sign, "
                "and the goods stand on the sale, to be paid as any other. A charge that is not "
                "paid stays on the list."
            ),
        ),
    ),
    "goods_dispatch": HelpPage(
        N_("Goods sold and not taken"),
        (
            N_(
                "At payment the till asks once about large goods: taken now, to be delivered, or "
                "kept for the customer. What stays is registered with the sale and is no longer "
                "stock for sale."
            ),
            N_(
                "Check out before a delivery: scan what leaves. Other goods, or more than the entry "
                "has, are refused. The pass that prints is scanned at the exit, once."
            ),
            N_(
                "Only the receipt that the customer signed clears an entry: its number, its date "
                "and who signed. Delivered and not signed for is a state of its own. Goods returned "
                "before they were taken leave the register by themselves."
            ),
            N_(
                "What is later than promised names the person who registered it. The pick list has "
                "what is due on a half day, and what is late."
            ),
        ),
    ),
    "goods_planning": HelpPage(
        N_("What to order"),
        (
            N_(
                "Each line says how much and, below it, why: how much is sold a day, what is left, "
                "what is on its way, when the supplier comes and what a case holds. `.` shows "
                "everything behind it: what is needed until the delivery after next, the safety "
                "stock, and how far the forecast has been off."
            ),
            N_(
                "A number and Enter changes the quantity; 0 leaves the line out. Enter with nothing "
                "typed asks head office for the goods, or prints the plan. What was asked for counts "
                "as on its way until it is answered; the answer stands under the requisitions."
            ),
            N_(
                "Stock that needs somebody: below zero means count it or book what came in; past its "
                "date means take it off the shelf; goods that do not move may be suggested to head "
                "office for a promotion."
            ),
            N_(
                "What is low or out: Enter puts it on a requisition of its supplier, as much as is "
                "proposed. Ask for goods by scan or search does the same for anything: choose the "
                "supplier and the day, scan, type the quantity and Enter; Enter alone asks for them."
            ),
            N_(
                "Shelves to fill: as much was sold as the shelf shows. Fill it, mark it and press "
                "Enter."
            ),
        ),
    ),
    "goods_batch": HelpPage(
        N_("Batches at the sale"),
        (
            N_(
                "Medicine and other goods of such classes are sold with their batch. Scan the 2D "
                "code of the pack and nothing is asked. After the plain barcode choose the batch "
                "that is on the pack; the one that ends first stands marked. With one batch in the "
                "shop it is taken by itself."
            ),
            N_(
                "Look at the batch number: head office holds a batch of these goods, and the plain "
                "barcode says none. Compare the pack with the number on the screen, or scan its 2D "
                "code. What is held is never sold, whoever asks; the answer is kept."
            ),
            N_(
                "A hold that comes while goods are on the sale is found when you take the money: "
                "Enter takes the line off and the sale goes on."
            ),
        ),
    ),
    "goods_recall": HelpPage(
        N_("Recalls"),
        (
            N_(
                "Who bought it lists the slips of this till, the latest first. Choose one, tell the "
                "customer to stop using the goods, and say what came of it. A ? stands where the "
                "slip names no batch: those customers may have it too."
            ),
            N_(
                "Take goods back pays the whole price back, however old the slip is. What came back "
                "is counted against the recall. Set it apart; it stays held."
            ),
            N_(
                "Report to head office when everybody was told and the shelf is empty. Later tries "
                "are added to it."
            ),
        ),
    ),
    "goods_quality": HelpPage(
        N_("Quality"),
        (
            N_(
                "Each row says how much waits there. Goods past their date are taken off the shelf "
                "and written off; goods near it are sold first."
            ),
            N_(
                "Maintenance: scan the batch or choose it, look at the points of the check sheet "
                "and mark only what is not in order. A problem stays open until somebody says how "
                "it was dealt with."
            ),
            N_(
                "Thermometers are read as often a day as the shop has set. Out of limits: say what "
                "was done. `*` before the number is below zero."
            ),
            N_(
                "Trace: scan a pack, or type a batch, a serial number or the number of a slip. The "
                "page shows where the goods came from and where they went."
            ),
        ),
    ),
    "shelf_check": HelpPage(
        N_("Price cards on the shelf"),
        (
            N_(
                "After a price change print the cards of the list, hang them, and scan the goods of "
                "the shelf one after the other. A right card is ticked without a sound. A wrong one "
                "rings: Enter prints it at once; hang it and scan the goods again."
            ),
            N_(
                "The price on the screen is what the card must show. A card with another price, or "
                "none: press Enter. Goods that lack a mark (origin, grade …) get no card before head "
                "office has completed them."
            ),
        ),
    ),
}
"""Topic of a screen → its page."""
